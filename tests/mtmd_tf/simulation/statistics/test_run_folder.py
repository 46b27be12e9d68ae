import json

import pandas as pd
import pytest

from mtmd_tf.simulation.statistics.run_folder import RunFolder
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows
from tfrecords_tools.requests import DataError

ROWS = user_rows(20)


def test_it_reads_what_a_simulation_left(tmp_path):
    run = RunFolder.read(leave_run(tmp_path / "run", ROWS))
    assert run.arms == ["control", "treatment"]
    assert run.users == {"control": 15, "treatment": 15}
    assert (run.design, run.whole_worlds) == ("budgets", False)
    assert run.user_table().assigned == run.users
    assert set(run.frame("ticks")["day"]) == {1}  # that of the test
    assert len(run.frame("stages")) == 8


def test_whole_worlds_are_a_table_for_each_arm(tmp_path):
    both = pd.concat([ROWS.assign(arm="single"), ROWS.assign(arm="mtmd")])
    run = RunFolder.read(leave_run(tmp_path / "run", both, settings={"worlds": "two"}))
    worlds = run.worlds()
    assert {arm: len(world.users) for arm, world in worlds.items()} == {"single": 20, "mtmd": 20}
    with pytest.raises(DataError, match="holds whole worlds and no experiment: all users are in each of its arms"):
        run.user_table()


def test_an_experiment_is_no_truth(tmp_path):
    with pytest.raises(
        DataError, match="holds an experiment; the truth needs whole worlds: simulate with --worlds=two"
    ):
        RunFolder.read(leave_run(tmp_path / "run", ROWS)).worlds()


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"arms": [{"name": "a", "source": "random"}] * 2}, "two arms have the name 'a'; give each a name of its own"),
        ({"users": {"control": 10}}, r"'users' is of the arms \['control'\], not of \['control', 'treatment'\]"),
    ],
)
def test_a_run_that_contradicts_itself_is_one_line(tmp_path, said, line):
    with pytest.raises(DataError, match=line):
        RunFolder.read(leave_run(tmp_path / "run", ROWS, **said))


def test_no_simulation_is_one_line(tmp_path):
    with pytest.raises(
        DataError, match=r"holds no finished simulation, run.json is missing; simulate again: python -m "
    ):
        RunFolder.read(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(DataError, match=r"run.json lacks 'arms'; simulate again"):
        RunFolder.read(tmp_path)


def test_a_changed_run_is_one_line(tmp_path):
    folder = leave_run(tmp_path / "run", ROWS)
    said = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(said | {"requests": [1, 2]}))
    with pytest.raises(DataError, match="was changed after it was written"):
        RunFolder.read(folder)


def test_a_broken_frame_is_one_line(tmp_path):
    folder = leave_run(tmp_path / "run", ROWS)
    run = RunFolder.read(folder)
    run.frame("ticks").drop(columns="spend").to_parquet(folder / "ticks.parquet")
    with pytest.raises(DataError, match=r"ticks.parquet lacks the column 'spend'; it must have day, tick, arm, "):
        run.frame("ticks")
    run.frame("stages").assign(arm="other").to_parquet(folder / "stages.parquet")
    with pytest.raises(
        DataError, match=r"stages.parquet: unknown arm 'other'; the arms of the run are control, treatment"
    ):
        run.frame("stages")
