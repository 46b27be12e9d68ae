import pandas as pd

from mtmd_tf.simulation.statistics.grouping import groups
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows

ROWS = user_rows(4)
BOTH = pd.concat([ROWS.assign(arm="control"), ROWS.assign(arm="treatment")])


def test_a_truth_has_the_experiments_of_its_arms_and_settings_whatever_their_design(tmp_path):
    def run(name, rows=ROWS, **settings):
        return RunFolder.read(leave_run(tmp_path / name, rows, settings=settings))

    truth = run("truth", BOTH, worlds="two")
    budgets, users, other = run("budgets"), run("users", split="users", salt="b"), run("other", seed=1)
    [group] = groups([other, users, truth, budgets])
    assert group.truth is truth
    assert list(group.experiments) == [users, budgets]
    assert groups([truth, other]) == []


def test_another_market_is_another_truth(tmp_path):
    truth = RunFolder.read(leave_run(tmp_path / "truth", BOTH, settings={"worlds": "two"}, market={"reserve": 0.1}))
    experiment = RunFolder.read(leave_run(tmp_path / "ab", ROWS, market={"reserve": 0.2}))
    assert groups([truth, experiment]) == []
