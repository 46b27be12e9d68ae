"""A/A splits find nothing and planted changes are found; the slow test does it at full size."""

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.checks import against_itself, planted
from mtmd_tf.simulation.statistics.user_table import UserTable
from tests.mtmd_tf.simulation.user_rows import halves, user_rows

SALTS = [f"salt-{number}" for number in range(200)]


@pytest.fixture(scope="module")
def world() -> UserTable:
    return UserTable.of(user_rows(600, arms=("mtmd",)))


def test_splits_of_one_world_find_nothing(world):
    found = against_itself(world, halves, salts=SALTS)
    assert found.passed
    assert len(found.uniform) == 10
    assert all(len(p) == 200 for p in found.p_values.values())
    assert max(found.false_alarms.values()) < 0.12


def test_a_split_that_follows_the_clicks_is_found(world):
    """Users of more clicks than others are more often treated: p-values gather near 0."""
    clicks = world.sums()[:, 1]

    def unfair(ids, salt):
        return halves(ids, salt) | (halves(ids, salt + "again") & (clicks > np.median(clicks)))

    found = against_itself(world, unfair, salts=SALTS[:30])
    assert not found.passed
    assert found.uniform["clicks"] < 0.001
    assert found.alarms == 30
    assert found.alarms_p < 1e-9


@pytest.mark.parametrize("adjusted", [False, True])
def test_a_planted_change_lies_in_its_interval(world, adjusted):
    found = planted(world, halves, salts=SALTS[:100], lost=0.05, adjusted=adjusted)
    assert found.truth == {
        "CTR": pytest.approx(0.052632, abs=1e-6),
        "clicks": pytest.approx(0.052632, abs=1e-6),
        "CPC": -0.05,
    }
    for measure in found.truth:
        assert found.covered(measure) >= 90
        assert np.mean([change.value for change in found.changes[measure]]) == pytest.approx(
            found.truth[measure], abs=0.02
        )


def test_replays_are_those_of_their_seed(world):
    first, again, other = (
        planted(world, halves, salts=["a"], lost=0.2, seed=seed).changes["CTR"] for seed in (0, 0, 1)
    )
    assert first == again != other


@pytest.mark.slow
def test_at_full_size():
    world = UserTable.of(user_rows(20_000, arms=("mtmd",)))
    assert against_itself(world, halves, salts=SALTS).passed
    found = planted(world, halves, salts=SALTS[:100], lost=0.02)
    assert min(map(found.covered, found.truth)) >= 90


def test_what_cannot_be_checked_is_one_line(world):
    with pytest.raises(ConfigError, match="an A/A check needs a world of one arm; this one has control, treatment"):
        against_itself(UserTable.of(user_rows(20)), halves, salts=SALTS)
    with pytest.raises(ConfigError, match=r"must be above 0 and below 1, got 1\.0"):
        planted(world, halves, salts=SALTS, lost=1.0)
