"""Tests of tfrecords_tools/sources/complete_journey/history.py."""

import numpy as np
import pytest

from tfrecords_tools.sources.complete_journey.history import History, joint, ratio

# Key 4: weeks 1, 2, 2, 5; key 9: week 3.
HISTORY = History(np.array([4, 9, 4, 4, 4]), np.array([2, 3, 1, 5, 2]), cents=np.array([10, 7, 1, 1000, 20]))


def test_the_week_itself_is_not_before_it():
    assert [HISTORY.before(np.array([4]), week).count.item() for week in (1, 2, 3, 5, 6)] == [0, 1, 3, 3, 4]


def test_total_sums_the_records_before_the_week():
    assert HISTORY.before(np.array([4, 9, 5]), 5).total("cents").tolist() == [31, 7, 0]


def test_last_keeps_the_last_so_many_weeks():
    assert HISTORY.before(np.array([4, 9]), 5, last=2).count.tolist() == [0, 1]
    assert HISTORY.before(np.array([4, 9]), 5, last=3).count.tolist() == [2, 1]
    assert HISTORY.before(np.array([4, 9]), 5, last=60).count.tolist() == [3, 1]


def test_weeks_since_the_last_record():
    np.testing.assert_array_equal(HISTORY.before(np.array([4, 9, 5]), 5).weeks_since, [3, 2, np.nan])


def test_mean_of_nothing_is_missing():
    np.testing.assert_array_equal(HISTORY.before(np.array([4, 5]), 3).mean("cents"), [31 / 3, np.nan])


def test_records_without_a_key_are_left_out_and_never_found():
    history = History(np.array([-1, 0]), np.array([1, 1]), cents=np.array([50, 2]))
    assert history.before(np.array([-1, 0]), 9).total("cents").tolist() == [0, 2]


def test_an_empty_history_knows_nothing():
    past = History(np.array([]), np.array([])).before(np.array([3]), 9)
    assert past.count.tolist() == [0]
    assert np.isnan(past.weeks_since).all()


def test_values_must_be_whole_numbers():
    with pytest.raises(TypeError, match="history value 'paid': must hold ints or bools, got float64"):
        History(np.array([1]), np.array([1]), paid=np.array([0.5]))


def test_joint_keys_are_distinct_and_missing_stays_missing():
    assert joint(np.array([0, 1, 1]), np.array([4, 0, -1]), size=5).tolist() == [4, 5, -1]


def test_ratio_to_nothing_is_missing():
    np.testing.assert_array_equal(ratio(np.array([3.0, 1.0]), np.array([4.0, 0.0])), [0.75, np.nan])
