import pytest

from mtmd_tf.simulation.statistics.change import Level
from mtmd_tf.simulation.statistics.measures import RATES
from mtmd_tf.simulation.statistics.run_folder import RunFolder
from mtmd_tf.simulation.statistics.sweep import SweepPoint, least_kept, sweep
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows

CPC, CTR, *_ = RATES


def points(arm: str, values: dict[int, float], measure: str = "CTR") -> list[SweepPoint]:
    levels = {kept: Level(value=value, low=value, high=value) for kept, value in values.items()}
    return [SweepPoint(arm=arm, kept=kept, measure=measure, level=level) for kept, level in levels.items()]


def test_the_least_that_is_as_good_as_the_other_at_its_deepest_cut():
    found = points("mtmd", {10: 0.1, 20: 0.3, 40: 0.4}) + points("single", {10: 0.05, 20: 0.2, 40: 0.3})
    assert least_kept(found, measure=CTR, arm="mtmd", against="single") == (20, 40)
    assert least_kept(found, measure=CTR, arm="single", against="mtmd") is None


def test_of_a_cost_less_is_better():
    found = points("mtmd", {10: 0.4, 20: 0.3}, "CPC") + points("single", {20: 0.35}, "CPC")
    assert least_kept(found, measure=CPC, arm="mtmd", against="single") == (20, 20)


def test_an_arm_without_points_is_never_reached():
    assert least_kept(points("mtmd", {10: 0.1}), measure=CTR, arm="mtmd", against="single") is None


def test_it_reads_each_arm_at_each_cut_and_whole_worlds_go_first(tmp_path):
    rows = user_rows(60)
    experiment = RunFolder.read(leave_run(tmp_path / "ab", rows, settings={"keep": 10}))
    world = rows.assign(arm="control", clicks=0)
    whole = RunFolder.read(leave_run(tmp_path / "world", world, settings={"keep": 10}))
    deeper = RunFolder.read(leave_run(tmp_path / "deeper", rows, settings={"keep": 20}))
    found = sweep([experiment, whole, deeper], [CTR])
    assert [(point.arm, point.kept) for point in found] == [
        ("control", 10),
        ("control", 20),
        ("treatment", 10),
        ("treatment", 20),
    ]
    tested = rows[(rows["period"] == "test") & (rows["arm"] == "treatment")]
    assert found[0].level == Level(value=0.0, low=0.0, high=0.0)
    assert found[2].level.value == pytest.approx(tested["clicks"].sum() / tested["impressions"].sum())
    assert found[2].level.low < found[2].level.value < found[2].level.high
