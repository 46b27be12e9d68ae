import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import measure_designs, prepare
from tests.mtmd_tf.jobs.recipe import call


def test_it_simulates_the_truth_and_every_design_before_it_compares(tmp_path, monkeypatch):
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(prepare, "call", lambda *command: called.append(command))
    arms = ("--arm=random", "--arm=oracle")
    call(measure_designs, "--data=d", f"--out={tmp_path}", *arms, "--salts=2", "--experiment=--requests=90 --keep=5")
    jobs = [command[1].removeprefix("mtmd_tf.jobs.") for command in called]
    assert jobs == ["simulate"] * 5 + ["check_simulation", "compare_simulations"]
    assert called[0][2:] == ("--data=d", *arms, "--requests=90", "--keep=5", "--worlds=two", f"--out={tmp_path}/truth")
    own = [command[7:9] for command in called[1:5]]
    assert own == [(f"--split={split}", f"--salt=salt-{salt}") for salt in (0, 1) for split in ("budgets", "users")]
    assert called[6][2:] == (
        *(f"--folder={tmp_path}/{name}" for name in ("truth", "budgets-0", "users-0", "budgets-1", "users-1")),
        f"--out={tmp_path}/designs",
    )


def test_designs_need_two_arms(tmp_path):
    with pytest.raises(ConfigError, match="designs are compared on two arms; give --arm twice, it came 1 times"):
        call(measure_designs, "--data=d", f"--out={tmp_path}", "--arm=random")
