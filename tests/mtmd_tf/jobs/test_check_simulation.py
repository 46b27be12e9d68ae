import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import check_simulation
from tests.mtmd_tf.jobs.recipe import call
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows


def test_it_splits_a_world_by_the_experiments_own_hash(tmp_path, capsys):
    folder = leave_run(tmp_path / "run", user_rows(400, arms=("mtmd",)))
    assert call(check_simulation, f"--folder={folder}", "--salts=60", "--replays=40") == 0
    assert capsys.readouterr().out.startswith("# Are the intervals right? The world of mtmd\n\nNothing speaks against ")
    assert (folder / "checks.html").exists()


def test_no_such_arm_is_one_line(tmp_path):
    folder = leave_run(tmp_path / "run", user_rows(10, arms=("mtmd",)))
    with pytest.raises(ConfigError, match="--arm=single: no such arm; the arms are mtmd"):
        call(check_simulation, f"--folder={folder}", "--arm=single")
