import dataclasses

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.change import Change
from mtmd_tf.simulation.statistics.measures import RATES, VOLUMES
from mtmd_tf.simulation.statistics.tables import table
from mtmd_tf.simulation.statistics.truth import (
    Replay,
    compare_designs,
    replays,
    true_table,
    true_volumes,
    truths,
)
from mtmd_tf.simulation.statistics.user_table import UserTable
from tests.mtmd_tf.simulation.user_rows import user_rows
from tfrecords_tools.requests import DataError

ARMS = {"control": "control", "treatment": "treatment"}


def world(arm: str, *, clicks: float) -> UserTable:
    rows = user_rows(120, arms=(arm,))
    rows["clicks"] = rows["clicks"] * clicks
    return UserTable.of(rows)


def replay(design: str, value: float) -> Replay:
    change = Change(value=value, low=value - 0.015, high=value + 0.015, p=0.5, control=1.0, treatment=1.0 + value)
    return Replay(design=design, measure="CTR", truth=0.1, estimate=change)


def test_the_truth_is_exact():
    """Twice the clicks of the same users: CTR and clicks +100%, CPC -50%, hides as they were."""
    found = truths(world("single", clicks=1.0), world("mtmd", clicks=2.0), (*RATES, *VOLUMES))
    assert (found["CTR"], found["clicks"], found["CPC"], found["HDR"]) == pytest.approx((1.0, 1.0, -0.5, 0.0))


def test_a_table_of_whole_worlds_has_narrow_intervals_around_the_exact_changes():
    """What both worlds share does not widen the interval, as it does between two halves of the users."""
    rows = user_rows(400)
    split = {(cell.row, cell.measure): cell.change for cell in table(UserTable.of(rows), "2", **ARMS)}
    single = UserTable.of(rows.assign(arm="single"))
    more = rows.assign(arm="mtmd", clicks=rows["clicks"] + (rows["user"] % 2) * (rows["impressions"] > rows["clicks"]))
    cells = true_table(single, UserTable.of(more), "2")
    assert len(cells) == len(split)
    exact = truths(single, UserTable.of(more), RATES)
    for cell in cells:
        if cell.row == "overall":
            assert cell.change.value == pytest.approx(exact[cell.measure])
        width = cell.change.high - cell.change.low
        if cell.measure == "HDR":
            assert (width, cell.change.p) == (0.0, 1.0)  # the same hides in both worlds
        else:
            own = split[cell.row, cell.measure]
            assert width < own.high - own.low


def test_volumes_of_whole_worlds_are_a_user():
    clicks, impressions, *_ = true_volumes(world("single", clicks=1.0), world("mtmd", clicks=2.0))
    assert clicks.change.value == pytest.approx(1.0)
    assert (impressions.change.value, impressions.change.p) == (0.0, 1.0)


def test_whole_worlds_need_users_too():
    few = UserTable.of(user_rows(40, arms=("mtmd",)))
    with pytest.raises(DataError, match="Table 2 needs 100 users with an impression in each arm; arm 'mtmd' has 40: "):
        true_table(few, few, "2")


def test_two_worlds_have_one_arm_each_and_the_same_users():
    with pytest.raises(ConfigError, match="a whole world has one arm; this one has control, treatment"):
        truths(UserTable.of(user_rows(50)), world("mtmd", clicks=1.0), RATES)
    fewer = UserTable.of(user_rows(40, arms=("mtmd",)))
    with pytest.raises(ConfigError, match="two whole worlds have the same users; single has 120 and mtmd 40"):
        truths(world("single", clicks=1.0), fewer, RATES)


def test_by_hand():
    """Errors of 0.01 and 0.03 against -0.02 and 0.02: bias 0.02 against 0, mean squares 0.0005 against 0.0004."""
    found = [replay("plain", 0.11), replay("plain", 0.13), replay("budget", 0.08), replay("budget", 0.12)]
    plain, budget = compare_designs(found)
    assert (plain.bias, plain.rmse) == pytest.approx((0.02, 0.0005**0.5))
    assert (budget.bias, budget.rmse) == pytest.approx((0.0, 0.02))
    assert (plain.bias_error, budget.bias_error) == pytest.approx((0.01, 0.02))
    assert (plain.covered, budget.covered) == (0.5, 0.0)
    assert (plain.nearest, budget.nearest) == (False, True)


def test_experiments_are_measured_against_the_truth():
    experiments = {"plain split": [UserTable.of(user_rows(400, lift=0.1, seed=seed)) for seed in range(3)]}
    found = replays({"CTR": 0.1}, experiments, RATES, **ARMS)
    assert [(each.design, each.measure) for each in found] == [("plain split", "CTR")] * 3
    [error] = compare_designs(found)
    assert (error.experiments, error.nearest) == (3, True)
    assert abs(error.bias) < 4.0 * 0.04


def test_the_designs_of_a_measure_stand_together():
    clicks = [dataclasses.replace(replay(design, 0.1), measure="clicks") for design in ("plain", "budget")]
    found = [replay("plain", 0.1), clicks[0], replay("budget", 0.1), clicks[1]]
    order = [(each.measure, each.design) for each in compare_designs(found)]
    assert order == [("CTR", "plain"), ("CTR", "budget"), ("clicks", "plain"), ("clicks", "budget")]
