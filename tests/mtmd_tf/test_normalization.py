"""Normalization of numbers by hand-computed moments, in batches of any size."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.normalization import MaskedBatchNorm, Moments, RunningNorm, make_norm
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

NAN = float("nan")
PRESENT = tf.constant([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def column(*numbers: float) -> tf.Tensor:
    return tf.reshape(tf.constant(numbers, tf.float32), [-1, 1])


def statistics(layer: MaskedBatchNorm) -> list[list[float]]:
    return [weight.numpy().tolist() for weight in (layer.moving_mean, layer.moving_variance)]


def test_a_batchs_moments_come_from_its_present_rows_alone():
    layer = MaskedBatchNorm(epsilon=3.0)
    # present: 1 and 3, so mean 2 and variance 1; divided by sqrt(1 + 3); 0 where absent, even for NaN
    normal = layer(column(1, 3, NAN), column(1, 1, 0), training=True)
    np.testing.assert_allclose(normal, column(-0.5, 0.5, 0))


def test_moving_statistics_are_a_plain_average_first_and_an_exponential_one_from_then_on():
    layer = MaskedBatchNorm(momentum=0.5)
    seen = []
    for numbers in ([1, 3], [5, 9], [10, 10]):  # means 2, 7, 10; variances 1, 4, 0
        layer(column(*numbers), column(1, 1), training=True)
        seen.append(statistics(layer))
    # 2 -> (2 + 7) / 2 = 4.5 -> 0.5 * 4.5 + 0.5 * 10; 1 -> 2.5 -> 1.25
    np.testing.assert_allclose(seen, [[[2.0], [1.0]], [[4.5], [2.5]], [[7.25], [1.25]]])


def test_evaluation_uses_the_moving_statistics_and_leaves_them_alone():
    layer = MaskedBatchNorm(epsilon=1.0)
    layer.build(tf.TensorShape([None, 1]))
    assign(layer, {"moving_mean": [1.0], "moving_variance": [3.0]})
    # (5 - 1) / sqrt(3 + 1)
    np.testing.assert_allclose(layer(column(5, 1), column(1, 1)), column(2, 0))
    assert statistics(layer) == [[1.0], [3.0]]


@pytest.mark.parametrize("present", [[], [1], [1, 0, 0], [0, 0]])
def test_fewer_than_two_present_rows_use_the_moving_statistics_and_leave_them_alone(present):
    layer = MaskedBatchNorm(epsilon=1.0)
    layer.build(tf.TensorShape([None, 1]))
    assign(layer, {"moving_mean": [1.0], "moving_variance": [3.0], "updates_seen": [7.0]})
    numbers = tf.fill([len(present), 1], 5.0)
    normal = layer(numbers, tf.reshape(tf.constant(present, tf.float32), [-1, 1]), training=True)
    np.testing.assert_allclose(normal[:, 0], [2.0 * flag for flag in present])
    assert [weight.numpy().tolist() for weight in layer.weights] == [[1.0], [3.0], [7.0]]


def test_each_feature_counts_its_own_present_rows():
    layer = MaskedBatchNorm()
    layer(tf.constant([[1.0, 1.0], [3.0, 3.0]]), tf.constant([[1.0, 1.0], [1.0, 0.0]]), training=True)
    assert statistics(layer) == [[2.0, 0.0], [1.0, 1.0]]
    assert layer.updates_seen.numpy().tolist() == [1.0, 0.0]


def test_the_gradient_of_an_empty_feature_is_zero():
    numbers = column(1, 2)
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        total = tf.reduce_sum(MaskedBatchNorm()(numbers, column(0, 0), training=True))
    np.testing.assert_array_equal(tape.gradient(total, numbers), column(0, 0))


def moments(layer: RunningNorm) -> list[float]:
    return [float(part[0]) for part in layer.moments]


def test_moments_come_from_the_present_rows_alone_whatever_batches_they_come_in():
    layer = RunningNorm()
    layer(column(1, NAN, 3), column(1, 0, 1), training=True)
    np.testing.assert_allclose(moments(layer), [2, 2, 1])
    layer(column(), tf.zeros([0, 1]), training=True)
    layer(column(8), column(1), training=True)  # 1, 3 and 8: mean 4, variance (9 + 1 + 16) / 3
    np.testing.assert_allclose(moments(layer), [3, 4, 26 / 3], rtol=1e-6)


def test_training_and_serving_are_one_function_that_no_other_row_changes_once_moments_have_settled():
    layer, random = RunningNorm(), np.random.default_rng(0)
    for _ in range(100):
        layer(column(*random.normal(5, 2, 1000)), tf.ones([1000, 1]), training=True)
    served = layer(column(9), column(1)).numpy()
    np.testing.assert_allclose(served, [[2.0]], atol=0.02)
    for others in ([], [-5.0], [9.0] * 30):
        rows = column(9, *others)
        np.testing.assert_allclose(layer(rows, tf.ones_like(rows), training=True)[:1], served, atol=2e-3)


def test_moments_follow_what_drifts():
    layer = RunningNorm(most_rows=10)
    for number in [0.0] * 50 + [1.0] * 50:
        layer(column(number), column(1), training=True)
    assert moments(layer)[0] == 10
    np.testing.assert_allclose(moments(layer)[1], 1.0, atol=0.01)


def test_a_domain_of_few_rows_goes_by_the_pooled_moments():
    layer = RunningNorm(prior_rows=3, limit=100)
    pooled = Moments(*(tf.constant([value]) for value in (1000.0, 0.0, 1.0)))
    np.testing.assert_allclose(layer(column(2), column(1), pooled), [[2.0]])  # no row of its own: the pooled alone
    layer(column(4), column(1), pooled, training=True)
    # one row of 4 and three of mean 0 and variance 1: mean 1, variance 3/4 + 3/16 * 16
    np.testing.assert_allclose(layer(column(4), column(1), pooled), [[3 / np.sqrt(3.75)]], rtol=1e-6)


def test_a_feature_that_never_varied_is_zero_and_one_far_out_is_cut():
    layer = RunningNorm()
    layer(tf.constant([[7.0, 0.0], [7.0, 1.0]]), tf.ones([2, 2]), training=True)
    np.testing.assert_allclose(layer(tf.constant([[9.0, 1e6], [7.0, -1e6]]), tf.ones([2, 2])), [[0, 10], [0, -10]])


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e6])
def test_the_unit_of_a_feature_does_not_matter(size):
    layer = RunningNorm()
    numbers = column(1, 2, 3, 4) * size
    np.testing.assert_allclose(
        layer(numbers, tf.ones([4, 1]), training=True)[:, 0], [-1.341641, -0.447214, 0.447214, 1.341641], rtol=1e-4
    )


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one_row_do_no_harm(rows):
    normal = RunningNorm()(tf.ones([rows, 2]), tf.ones([rows, 2]), training=True)
    np.testing.assert_array_equal(normal, np.zeros([rows, 2]))


def test_before_any_row_numbers_are_zero():
    np.testing.assert_array_equal(RunningNorm()(column(2), column(1)), [[0.0]])


def test_numbers_beyond_float32s_squares_still_differ():
    layer, numbers = RunningNorm(), column(1, 2, 1e20, 3e38)
    normal = layer(numbers, tf.ones([4, 1]), training=True)[:, 0]
    # in moments 0, 0, 1e19 and 1e19: mean 5e18; the squares' sum, 1e38, fits, and a deviation is 5e18
    np.testing.assert_allclose(normal, [-1, -1, 10, 10], rtol=1e-5)
    for _ in range(3):  # 1,000 rows: now the sum does not fit, and a deviation counts as 1e19
        normal = layer(tf.repeat(numbers, 250, axis=0), tf.ones([1000, 1]), training=True)
    np.testing.assert_allclose(normal[::250, 0], [-0.5, -0.5, 9.5, 10], rtol=0.01)


def test_one_number_beyond_float32s_squares_does_not_spoil_the_batch():
    normal = MaskedBatchNorm()(column(0, 3e38, 3e38, 3e38), tf.ones([4, 1]), training=True)
    assert np.isfinite(normal).all()


def test_settings_name_the_layers():
    assert isinstance(make_norm("batch", name="a"), MaskedBatchNorm)
    assert isinstance(make_norm("running", name="a"), RunningNorm)


LAYERS = {
    "MaskedBatchNorm": lambda seed: MaskedBatchNorm(momentum=0.5 + seed / 10, epsilon=0.1, name="l"),
    "RunningNorm": lambda seed: RunningNorm(most_rows=7, prior_rows=2, limit=100 + seed, name="l"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_any_number_of_rows(name):
    assert_any_rows(LAYERS[name](1), ramp(3, 2), PRESENT)


@pytest.mark.parametrize("name", LAYERS)
def test_config_round_trip(name):
    assert_config_round_trip(LAYERS[name](1), ramp(3, 2), PRESENT)


@pytest.mark.parametrize("name", LAYERS)
def test_weights_round_trip(name, tmp_path):
    assert_weights_round_trip(LAYERS[name], tf.abs(ramp(3, 2)), PRESENT, folder=tmp_path)


@pytest.mark.parametrize("name", LAYERS)
def test_a_wrong_rank_is_refused(name):
    with pytest.raises(ValueError, match=r"numbers must have rank 2, got rank 1 with shape \[3\]"):
        LAYERS[name](1)(ramp(3), ramp(3))
