"""The linear term by hand: a weight a deviation, its own number where one is missing, nothing beyond ten deviations."""

import math

import numpy as np

from mtmd_tf.score_features import ScoreFeature, term_of

NAN = float("nan")
AGE = ScoreFeature(
    name="age", log1p=False, mean=30.0, scale=0.1, weight={"ctr": 2.0, "gctr": 0.5}, missing={"ctr": -1.0, "gctr": 4.0}
)
SEEN = ScoreFeature(name="seen", log1p=True, mean=0.0, scale=1.0, weight={"ctr": 3.0}, missing={"ctr": 0.25})


def test_a_number_adds_its_weight_for_each_deviation_from_the_mean():
    found = term_of([AGE], ["ctr", "gctr"], [np.array([30.0, 40.0, 10.0])])
    np.testing.assert_allclose(found["ctr"], [0.0, 2.0, -4.0])
    np.testing.assert_allclose(found["gctr"], [0.0, 0.5, -1.0])


def test_a_missing_number_adds_what_was_learned_of_missing_ones():
    found = term_of([AGE], ["gctr", "ctr"], [np.array([NAN, 30.0])])
    np.testing.assert_allclose(found["ctr"], [-1.0, 0.0])
    np.testing.assert_allclose(found["gctr"], [4.0, 0.0])


def test_a_count_counts_by_its_logarithm():
    found = term_of([SEEN], ["ctr"], [np.array([0.0, math.e - 1])])
    np.testing.assert_allclose(found["ctr"], [0.0, 3.0], rtol=1e-6)


def test_a_number_far_out_counts_as_ten_deviations():
    found = term_of([AGE], ["ctr"], [np.array([1e30, -1e30])])
    np.testing.assert_allclose(found["ctr"], [20.0, -20.0])


def test_numbers_add_up():
    found = term_of([AGE, SEEN], ["ctr"], [np.array([40.0, NAN]), np.array([NAN, 0.0])])
    np.testing.assert_allclose(found["ctr"], [2.0 + 0.25, -1.0 + 0.0])


def test_where_nothing_is_given_everything_is_missing():
    np.testing.assert_allclose(term_of([AGE, SEEN], ["ctr"], None)["ctr"], [-0.75])


def test_no_row_no_feature_and_no_task():
    assert term_of([AGE], ["ctr"], [np.zeros(0)])["ctr"].shape == (0,)
    np.testing.assert_array_equal(term_of([], ["ctr"], None)["ctr"], [0.0])
    assert term_of([AGE], [], [np.zeros(3)]) == {}
