import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import measure_cuts, prepare
from tests.mtmd_tf.jobs.recipe import call


def test_it_simulates_every_cut_before_it_compares(tmp_path, monkeypatch):
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(prepare, "call", lambda *command: called.append(command))
    arms = ("--arm=random", "--arm=oracle")
    call(measure_cuts, "--data=d", f"--out={tmp_path}", *arms, "--cuts=20,5", "--experiment=--requests=90")
    assert [command[1:] for command in called] == [
        ("mtmd_tf.jobs.simulate", "--data=d", *arms, "--requests=90", "--worlds=two", *own)
        for own in (("--keep=5", f"--out={tmp_path}/keep-5"), ("--keep=20", f"--out={tmp_path}/keep-20"))
    ] + [
        ("mtmd_tf.jobs.compare_simulations", f"--folder={tmp_path}/keep-5", f"--folder={tmp_path}/keep-20")
        + (f"--out={tmp_path}/cuts",)
    ]


def test_one_cut_is_no_sweep(tmp_path):
    with pytest.raises(ConfigError, match=r"a sweep has two cuts and two arms at least; it has --cuts=\['5', '5'\]"):
        call(measure_cuts, "--data=d", f"--out={tmp_path}", "--arm=random", "--arm=oracle", "--cuts=5,5")
    with pytest.raises(ConfigError, match="--cuts takes whole numbers separated by commas, got 'few'"):
        call(measure_cuts, "--data=d", f"--out={tmp_path}", "--arm=random", "--arm=oracle", "--cuts=few,5")
