import numpy as np

from mtmd_tf.heavyweight.calibration.spline import basis_of, knots_of, spline_basis


def test_a_logit_is_the_sum_of_its_spline_basis():
    through = spline_basis(np.array([-3.0, -1.0, 0.5, 4.0]), np.array([-2.0, 0.0, 1.0])).numpy()
    np.testing.assert_array_equal(through, [[-3, 0, 0, 0], [-2, 1, 0, 0], [-2, 2, 0.5, 0], [-2, 2, 1, 3]])
    np.testing.assert_array_equal(through.sum(axis=1), [-3, -1, 0.5, 4])


def test_each_task_has_knots_of_its_own():
    logit = np.array([[1.0, 10.0]])
    through = spline_basis(logit, np.array([[0.0], [20.0]])).numpy()
    np.testing.assert_array_equal(through, [[[0, 1], [10, 0]]])


def test_no_knot_leaves_a_logit_in_one_segment():
    np.testing.assert_array_equal(spline_basis(np.array([-3.0, 2.0]), np.empty(0)).numpy(), [[-3], [2]])


def test_knots_are_where_so_many_pairs_are_below():
    np.testing.assert_allclose(knots_of(np.arange(101.0)), [5, 15, 30, 50, 70, 85])
    np.testing.assert_array_equal(knots_of(np.empty(0)), np.zeros(6))


def test_without_tensorflow_it_is_the_same_to_the_last_bit():
    logit = np.random.default_rng(0).normal(size=1000) * 4.0
    for knots in (np.array([-2.5, -0.3, 0.1, 1.7]), np.array([0.0, 0.0, 1.0]), np.empty(0)):
        np.testing.assert_array_equal(basis_of(logit, knots), spline_basis(logit, knots).numpy())
