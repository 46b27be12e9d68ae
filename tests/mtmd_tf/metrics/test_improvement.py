import numpy as np

from mtmd_tf.metrics.improvement import improvement


def test_half_the_error_is_an_improvement_of_50_percent():
    assert improvement(1.0, 2.0) == 50.0
    np.testing.assert_array_equal(improvement(np.array([1.0, 3.0]), np.array([2.0, 2.0])), [50.0, -50.0])


def test_nothing_is_a_percentage_of_0():
    assert np.isnan(improvement(1.0, 0.0))


def test_an_infinite_error_is_infinitely_worse_and_over_an_infinite_one_nothing_is_known():
    assert improvement(np.inf, 2.0) == -np.inf
    assert improvement(2.0, np.inf) == 100.0
    assert np.isnan(improvement(np.inf, np.inf))
