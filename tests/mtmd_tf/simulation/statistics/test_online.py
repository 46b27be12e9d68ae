import pandas as pd
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.measures import RATES
from mtmd_tf.simulation.statistics.online import cut_recalls, online_changes
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows

CTR = RATES[1]
ROWS = user_rows(60)


def worlds(**clicks: int) -> pd.DataFrame:
    return pd.concat([ROWS.assign(arm=arm, clicks=ROWS["clicks"] * times) for arm, times in clicks.items()])


def test_whole_worlds_are_exact_and_go_before_experiments(tmp_path):
    whole = leave_run(tmp_path / "whole", worlds(single=1, mtmd=3, ple=2), settings={"worlds": "two"})
    arms = {"control": "single", "treatment": "mtmd"}
    users = {"single": 35, "mtmd": 35}
    experiment = leave_run(tmp_path / "ab", ROWS.assign(arm=ROWS["arm"].map(arms)), users=users)
    found = online_changes([RunFolder.read(experiment), RunFolder.read(whole)], [CTR])
    assert dict(zip(found["model"], found["CTR"], strict=True)) == pytest.approx({"mtmd": 2.0, "ple": 1.0})


def test_the_control_is_one(tmp_path):
    runs = [
        RunFolder.read(leave_run(tmp_path / arm, worlds(**{arm: 1, "mtmd": 2}), settings={"worlds": "two"}))
        for arm in ("single", "random")
    ]
    with pytest.raises(
        ConfigError, match="online changes need one control in all simulations; they have random and single"
    ):
        online_changes(runs, [CTR])


def test_the_recall_of_the_cut_is_that_of_the_lightweight_stage(tmp_path):
    runs = [RunFolder.read(leave_run(tmp_path / f"{seed}", user_rows(60, seed=seed))) for seed in (1, 2)]
    found = cut_recalls(runs)
    assert list(found.columns) == ["model", *(f"recall of the top {top} at 10 of 100" for top in (1, 10, 50))]
    assert found["recall of the top 10 at 10 of 100"].tolist() == pytest.approx([0.9] * len(found))
