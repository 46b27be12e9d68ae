"""Order within a request, with ties."""

import numpy as np

from mtmd_tf.metrics.order import RequestOrder


def test_greater_values_come_first_in_each_request() -> None:
    order = RequestOrder(np.array([0, 1, 0, 1]), np.array([1.0, 5.0, 2.0, 4.0]))
    assert order.share_in_top(1).tolist() == [0.0, 1.0, 1.0, 0.0]


def test_ties_share_the_places_that_are_left() -> None:
    order = RequestOrder(np.zeros(4, int), np.array([3.0, 2.0, 2.0, 2.0]))
    np.testing.assert_allclose(order.share_in_top(2), [1.0, 1 / 3, 1 / 3, 1 / 3])


def test_every_pair_is_in_a_top_as_large_as_the_request() -> None:
    assert RequestOrder(np.zeros(3, int), np.array([1.0, 1.0, 0.0])).share_in_top(3).tolist() == [1.0, 1.0, 1.0]


def test_ranks_are_averaged_over_ties_and_sum_to_zero() -> None:
    assert RequestOrder(np.zeros(3, int), np.array([9.0, 5.0, 5.0])).centered_rank().tolist() == [-1.0, 0.5, 0.5]


def test_infinite_values_tie() -> None:
    assert RequestOrder(np.zeros(2, int), np.array([-np.inf, -np.inf])).share_in_top(1).tolist() == [0.5, 0.5]
