import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.heavyweight.network.piecewise_linear import PiecewiseLinearEncoding, quantile_edges


def test_each_piece_says_how_far_the_number_is_through_it():
    layer = PiecewiseLinearEncoding(1, bins=2)
    layer.edges.assign([[0.0, 1.0, 3.0]])
    numbers = tf.constant([[-5.0], [0.5], [2.0], [9.0]])
    np.testing.assert_allclose(layer(numbers, tf.ones([4, 1])), [[0, 0], [0.5, 0], [1, 0.5], [1, 1]])


def test_an_absent_number_is_zero_whatever_stands_there():
    layer = PiecewiseLinearEncoding(1, bins=2)
    numbers = tf.constant([[0.7], [float("nan")]])
    np.testing.assert_array_equal(layer(numbers, tf.zeros([2, 1])), np.zeros([2, 2]))


def test_a_repeated_edge_is_no_division_by_zero():
    layer = PiecewiseLinearEncoding(1, bins=2)
    layer.edges.assign([[0.0, 1.0, 1.0]])
    assert np.isfinite(layer(tf.constant([[0.5], [1.0], [2.0]]), tf.ones([3, 1]))).all()


def test_edges_follow_the_values_and_the_distinct_values():
    mostly_zero = np.array([0.0] * 97 + [1.0, 2.0, 8.0])
    np.testing.assert_allclose(quantile_edges(mostly_zero, bins=4), [0.0, 1.5, 8.0, 8.0, 8.0])


def test_a_feature_that_is_never_present_keeps_its_edges():
    layer = PiecewiseLinearEncoding(2, bins=2)
    layer.learn([np.array([]), np.array([4.0, 6.0])])
    np.testing.assert_allclose(layer.edges[0], [-1.0, 0.0, 1.0])
    np.testing.assert_allclose(layer.edges[1], [4.0, 6.0, 6.0])


def test_numbers_of_another_rank_are_refused():
    with pytest.raises(ValueError, match="numbers must have rank 2, got rank 1"):
        PiecewiseLinearEncoding(1)(tf.zeros([3]), tf.zeros([3]))
