import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import report_simulation
from tests.mtmd_tf.jobs.recipe import call
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows


def test_it_writes_the_report_and_warns(tmp_path, capsys):
    folder = leave_run(tmp_path / "run", user_rows(20))
    call(report_simulation, f"--folder={folder}", "--tables=2")
    said = capsys.readouterr()
    assert said.out == f"Written to {folder}/report.md.\n"
    assert said.err.startswith(
        "warning: A table of changes needs 100 users with an impression in each arm; arm 'control' "
    )
    assert (folder / "report.html").exists()


def test_no_such_table_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="no table '7'; the tables are 2, 3, 4, 5"):
        call(report_simulation, f"--folder={leave_run(tmp_path / 'run')}", "--tables=7")
