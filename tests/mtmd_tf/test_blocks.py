"""Feed-forward blocks by hand-computed numbers; the hand-written gradient against automatic differentiation."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.layer_norm import LayerNorm, normalize
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)


def plain_formula(rows, gain, shift, slope):
    mean = tf.reduce_mean(rows, axis=-1, keepdims=True)
    variance = tf.reduce_mean((rows - mean) ** 2, axis=-1, keepdims=True)
    before = gain * (rows - mean) / tf.sqrt(variance + 1e-5) + shift
    return tf.where(before > 0, before, slope * before)


def test_normalize_by_hand():
    # mean 2, variance 1: -1 and 1; times 2, plus 1: -1 and 3; the negative one times 0.2
    rows = normalize(tf.constant([[1.0, 3.0]]), tf.constant([2.0, 2.0]), tf.constant([1.0, 1.0]), slope=0.2)
    np.testing.assert_allclose(rows, [[-0.2, 3.0]], atol=1e-4)


@pytest.mark.parametrize("slope", [0.2, 1.0])
@pytest.mark.parametrize(
    ("rows_shape", "gain_shape"), [((5, 4), (4,)), ((3, 5, 4), (3, 1, 4)), ((3, 5, 4), (4,)), ((0, 4), (4,))]
)
def test_normalize_and_its_gradient_are_those_of_the_formula(rows_shape, gain_shape, slope):
    random = np.random.default_rng(0)
    rows, gain, shift = (tf.constant(random.normal(size=s)) for s in (rows_shape, gain_shape, gain_shape))
    weight = random.normal(size=rows_shape)
    results = []
    for formula in (lambda *x: normalize(*x, slope=slope), lambda *x: plain_formula(*x, slope)):
        with tf.GradientTape() as tape:
            tape.watch([rows, gain, shift])
            value = formula(rows, gain, shift)
            total = tf.reduce_sum(value * weight)
        results.append([value, *tape.gradient(total, [rows, gain, shift])])
    for got, wanted in zip(*results, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-7)  # the slope is a float32 attribute


def test_layer_norm_and_its_gradient_are_those_of_keras():
    random = np.random.default_rng(1)
    rows = tf.constant(random.normal(size=[1, 6, 5]), tf.float32)
    gain, shift = random.normal(size=5), random.normal(size=5)
    ours, keras = LayerNorm(slope=0.2), tf.keras.layers.LayerNormalization(epsilon=1e-5)
    ours.build(rows.shape)
    keras.build(rows.shape)
    ours.set_weights([gain.reshape(1, 1, 5), shift.reshape(1, 1, 5)])
    keras.set_weights([gain, shift])
    results = []
    for layer, run in ((ours, ours), (keras, lambda rows: tf.keras.layers.LeakyReLU(0.2)(keras(rows)))):
        with tf.GradientTape() as tape:
            tape.watch(rows)
            value = run(rows)
            total = tf.reduce_sum(value * ramp(1, 6, 5))
        results.append([value, *tape.gradient(total, [rows, *layer.trainable_variables])])
    for got, wanted in zip(*results, strict=True):
        np.testing.assert_allclose(np.squeeze(got), np.squeeze(wanted), rtol=1e-4, atol=1e-5)


def test_linear_by_hand():
    layer = Linear(["a", "b"], units=1)
    layer.build(tf.TensorShape([None, 2]))
    assign(layer, {"kernel": [[[1.0], [2.0]], [[0.0], [-1.0]]], "bias": [[[3.0]], [[0.5]]]})
    # a: 10 + 2 * 1 + 3; b: -1 * 1 + 0.5
    np.testing.assert_allclose(layer(tf.constant([[10.0, 1.0]])), [[[15.0]], [[-0.5]]])


def test_linear_maps_each_copys_own_rows():
    layer = Linear(["a", "b"], units=1)
    layer.build(tf.TensorShape([2, None, 1]))
    assign(layer, {"kernel": [[[2.0]], [[3.0]]]})
    np.testing.assert_allclose(layer(tf.constant([[[1.0]], [[10.0]]])), [[[2.0]], [[30.0]]])


@pytest.mark.parametrize("scale", [1.0, 0.04])
def test_linear_starts_with_outputs_of_the_wanted_variance(scale):
    layer = Linear(["a"], units=64, scale=scale)
    rows = tf.constant(np.random.default_rng(0).normal(size=[200, 256]), tf.float32)
    assert np.var(layer(rows)) == pytest.approx(scale, rel=0.1)


def test_the_initial_weights_of_a_copy_depend_on_its_name_and_the_seed_alone():
    def kernels(copies, seed):
        layer = Linear(copies, units=3, seed=seed)
        layer(ramp(1, 2))
        return dict(zip(copies, layer.get_weights()[0], strict=True))

    both, alone, other = kernels(["ctr", "gctr"], 1), kernels(["gctr"], 1), kernels(["gctr"], 2)
    np.testing.assert_array_equal(both["gctr"], alone["gctr"])
    assert np.abs(both["gctr"] - both["ctr"]).min() > 0
    assert np.abs(both["gctr"] - other["gctr"]).min() > 0


def test_feed_forward_by_hand():
    layer = FeedForward(["a"], units=[2])
    layer(tf.zeros([1, 2]))
    assign(layer, {"kernel": [np.eye(2)], "gain": [[[5.0, 5.0]]]})
    # Linear leaves 1 and 3, LayerNorm makes -1 and 1 of them, times 5; LeakyReLU's slope is the paper's 0.2
    np.testing.assert_allclose(layer(tf.constant([[1.0, 3.0]])), [[[-1.0, 5.0]]], atol=1e-4)


@pytest.mark.parametrize(("normalization", "wanted"), [("post", [-3.0, 3.0]), ("none", [-1.0, 3.0])])
def test_feed_forward_with_layer_norm_last_or_not_at_all_by_hand(normalization, wanted):
    layer = FeedForward(["a"], units=[2], normalization=normalization)
    layer(tf.zeros([1, 2]))
    assign(layer, {"kernel": [np.eye(2)]} | ({"gain": [[[3.0, 3.0]]]} if normalization == "post" else {}))
    # Linear leaves -5 and 3, LeakyReLU makes -1 and 3 of them: mean 1, deviation 2; times 3
    np.testing.assert_allclose(layer(tf.constant([[-5.0, 3.0]])), [[wanted]], atol=1e-4)


def test_layer_norm_last_leaves_rows_of_mean_0_and_variance_1():
    rows = tf.constant(np.random.default_rng(0).normal(size=[6, 5]), tf.float32)
    outputs = FeedForward(["a", "b"], units=[4, 16], normalization="post")(rows)
    np.testing.assert_allclose(np.mean(outputs, axis=2), np.zeros([2, 6]), atol=1e-5)
    np.testing.assert_allclose(np.var(outputs, axis=2), np.ones([2, 6]), rtol=1e-3)


@pytest.mark.parametrize(("normalization", "factor"), [("pre", 1.0), ("post", 1.0), ("none", 2.0)])
def test_twice_the_input_is_twice_the_output_without_layer_norm_alone(normalization, factor):
    layer = FeedForward(["a"], units=[8, 4], normalization=normalization)
    rows = 10 * ramp(3, 5)
    np.testing.assert_allclose(layer(2 * rows), factor * layer(rows), rtol=1e-3, atol=1e-4)


def test_an_unknown_normalization_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown normalization 'both'; it must be one of \['pre', 'post', 'none'\]"):
        FeedForward(["a"], units=[2], normalization="both")


def test_without_sublayers_rows_stay_as_they_are():
    np.testing.assert_array_equal(FeedForward(["a"], units=[])(ramp(3, 5)), ramp(3, 5))


@pytest.mark.parametrize("normalization", ["pre", "post", "none"])
def test_the_last_gain_shrinks_the_last_sublayer_alone(normalization):
    usual, small = (
        FeedForward(["a"], units=[4, 4], last_gain=gain, normalization=normalization) for gain in (1.0, 0.1)
    )
    np.testing.assert_allclose(small(ramp(3, 5)), 0.1 * usual(ramp(3, 5)), rtol=1e-5)


def test_each_copy_computes_what_it_computes_alone():
    both, alone = FeedForward(["a", "b"], units=[4, 3]), FeedForward(["b"], units=[4, 3])
    np.testing.assert_allclose(both(ramp(3, 5))[1:], alone(ramp(3, 5)), rtol=1e-5, atol=1e-6)


def test_parameters_at_the_papers_size():
    layer = FeedForward(["deep"], units=[512, 256, 128, 128])
    layer(tf.zeros([1, 640]))  # 40 fields of 16
    # inputs * units + bias + gain + shift, four times: 329,216 + 131,840 + 33,152 + 16,768
    assert layer.count_params() == 510_976


LAYERS = {
    "Linear": (lambda seed: Linear(["a", "b"], units=3, seed=seed, name="l"), [ramp(4, 5)], 0),
    "LayerNorm": (lambda seed: LayerNorm(slope=0.2, gain=seed, name="l"), [ramp(2, 4, 3)], 1),
    "FeedForward": (lambda seed: FeedForward(["a", "b"], units=[4, 3], seed=seed, name="l"), [ramp(4, 5)], 0),
    "FeedForward, post": (
        lambda seed: FeedForward(["a", "b"], units=[4, 3], normalization="post", seed=seed, name="l"),
        [ramp(4, 5)],
        0,
    ),
    "FeedForward, none": (
        lambda seed: FeedForward(["a", "b"], units=[4, 3], normalization="none", seed=seed, name="l"),
        [ramp(4, 5)],
        0,
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_any_number_of_rows(name):
    make, inputs, axis = LAYERS[name]
    assert_any_rows(make(1), *inputs, axis=axis, out_axis=1)


@pytest.mark.parametrize("name", LAYERS)
def test_config_round_trip(name):
    make, inputs, _ = LAYERS[name]
    assert_config_round_trip(make(1), *inputs)


@pytest.mark.parametrize("name", LAYERS)
def test_weights_round_trip(name, tmp_path):
    make, inputs, _ = LAYERS[name]
    assert_weights_round_trip(make, *inputs, folder=tmp_path)


@pytest.mark.parametrize(
    ("layer", "rows", "message"),
    [
        (
            Linear(["a"], units=2, name="first"),
            ramp(3),
            r"first: rows must have rank 2 or 3, got rank 1 with shape \(3,\)",
        ),
        (FeedForward(["a"], units=[2]), ramp(1, 1, 2, 3), r"linear_0: rows must have rank 2 or 3, got rank 4"),
        (LayerNorm(name="norm"), ramp(2, 3), r"norm: rows must have rank 3, got rank 2 with shape \(2, 3\)"),
    ],
)
def test_a_wrong_rank_is_refused(layer, rows, message):
    with pytest.raises(ValueError, match=message):
        layer(rows)
