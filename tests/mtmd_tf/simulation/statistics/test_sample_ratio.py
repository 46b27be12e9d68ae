import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.sample_ratio import sample_ratio


def test_by_hand():
    """5,060 and 4,940 users: chi-squared 60^2 / 5,000 * 2 = 1.44, and 1.2 standard deviations have p = 0.23."""
    found = sample_ratio({"a": 5060, "b": 4940})
    assert found.p == pytest.approx(0.2301, abs=1e-4)
    assert not found.alarm
    assert found.sentence().startswith("The users are split as designed (a 5,060 of 5,000, b 4,940 of 5,000; ")


def test_a_split_that_is_not_the_designs_is_loud():
    found = sample_ratio({"a": 5200, "b": 4800})
    assert found.alarm
    assert found.sentence().startswith("SAMPLE-RATIO ALARM: the users are not split as designed (a 5,200 of 5,000, ")


def test_unequal_shares_are_scaled():
    found = sample_ratio({"a": 900, "b": 100}, shares={"a": 9, "b": 1})
    assert found.p == 1.0
    assert found.shares == {"a": 0.9, "b": 0.1}


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ConfigError, match=r"needs two arms with users; it has \{'a': 5\}"):
        sample_ratio({"a": 5})
    with pytest.raises(
        ConfigError, match=r"each arm of \['a', 'b'\] needs a share above 0; the shares are \{'a': 1.0\}"
    ):
        sample_ratio({"a": 5, "b": 5}, shares={"a": 1.0})
