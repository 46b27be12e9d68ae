"""Numbers that a person can check by hand."""

import numpy as np
import pytest

from tfrecords_tools.doctor.measures import auc, codes, distance, rank_correlation, rates


def test_auc_counts_ties_half() -> None:
    assert auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True])) == pytest.approx(3.5 / 4)


def test_auc_of_one_kind_alone_is_none() -> None:
    assert np.isnan(auc(np.array([1.0]), np.array([True])))


def test_equal_tokens_have_equal_codes() -> None:
    assert codes(np.array([b"a", b"b", b"a"], dtype=object)).tolist() == [0, 1, 0]


def test_a_row_does_not_tell_itself() -> None:
    half = np.array([True, True, False, False])
    told = rates(np.arange(4), np.array([True, False, True, False]), half=half)
    assert told.tolist() == [0.5, 0.5, 0.5, 0.5]


def test_rank_correlation() -> None:
    assert rank_correlation(np.array([1.0, 5.0, 9.0]), np.array([0.1, 0.2, 0.9])) == pytest.approx(1.0)
    assert rank_correlation(np.ones(3), np.arange(3.0)) == 0.0


def test_samples_of_the_same_are_at_no_distance() -> None:
    draw = np.random.default_rng(0)
    assert distance(draw.integers(0, 50, 500), draw.integers(0, 50, 500)) < 0.05
    assert distance(np.zeros(500, int), np.ones(500, int)) > 0.9
