"""Domain adaptation by hand-computed numbers; empty and one-row partitions; what a mask hides."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.adaptation import ContinuousFields, DomainAdaptation
from mtmd_tf.gates import SqueezeExcite
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

NAN = float("nan")


def column(*numbers: float) -> tf.Tensor:
    return tf.constant([[number] for number in numbers], tf.float32)


def test_continuous_fields_by_hand():
    layer = ContinuousFields(2)
    layer.build(tf.TensorShape([None, 1]))
    assign(layer, {"direction": [[1.0, 2.0]], "offset": [[10.0, 20.0]]})
    np.testing.assert_allclose(layer(column(2, -1)), [[[12.0, 24.0]], [[9.0, 18.0]]])


def test_a_gate_of_zero_weights_leaves_the_fields_as_they_are():
    layer = SqueezeExcite()
    layer(ramp(3, 4, 2), tf.ones([3, 4]))
    layer.set_weights([tf.zeros_like(weight) for weight in layer.weights])
    np.testing.assert_allclose(layer(ramp(3, 4, 2), tf.ones([3, 4])), ramp(3, 4, 2))


def test_the_gate_by_hand():
    layer = SqueezeExcite(reduction=2)
    fields = tf.constant([[[1.0, 3.0], [5.0, 7.0]]])
    layer(fields, tf.ones([1, 2]))
    log_3 = math.log(3.0)
    # The squeeze is mean(field 0) - mask of field 1 = 2 - 1; sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4
    assign(layer, {"squeeze/kernel": [[[1.0], [0.0], [0.0], [-1.0]]], "excite/kernel": [[[log_3, -log_3]]]})
    np.testing.assert_allclose(layer.gate(fields, tf.constant([[1.0, 1.0]])), [[1.5, 0.5]], rtol=1e-6)
    np.testing.assert_allclose(layer(fields, tf.constant([[1.0, 1.0]])), [[[1.5, 4.5], [2.5, 3.5]]], rtol=1e-6)
    # Without field 1 the squeeze is 2, and sigmoid(2 ln 3) = 9/10
    np.testing.assert_allclose(layer.gate(fields, tf.constant([[1.0, 0.0]])), [[1.8, 0.2]], rtol=1e-6)


def test_a_relu_gate_by_hand():
    layer = SqueezeExcite(reduction=2, activation="relu")
    fields = tf.constant([[[1.0, 3.0], [5.0, 7.0]]])
    layer(fields, tf.ones([1, 2]))
    assign(layer, {"squeeze/kernel": [[[1.0], [0.0], [0.0], [-1.0]]], "excite/kernel": [[[0.5, -3.0]]]})
    # The squeeze is mean(field 0) - mask of field 1 = 2 - 1; 1 + 0.5, and 1 - 3 is cut at 0
    np.testing.assert_allclose(layer.gate(fields, tf.ones([1, 2])), [[1.5, 0.0]])


def test_a_relu_gate_starts_near_1():
    layer, mask = SqueezeExcite(activation="relu"), tf.ones([100, 20])
    fields = tf.constant(np.random.default_rng(0).normal(size=[100, 20, 4]), tf.float32)
    layer(fields, mask)
    np.testing.assert_allclose(layer.gate(fields, mask), mask, atol=0.4)


def test_an_unknown_gate_activation_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown activation 'tanh'; it must be one of \['sigmoid', 'relu'\]\."):
        SqueezeExcite(activation="tanh")


def adaptation_by_hand(*, own: bool = True) -> DomainAdaptation:
    """One embedded and one continuous field; default 7 and 8, direction 2, offset 1, a gate that does nothing."""
    layer = DomainAdaptation(1, own=own)
    layer(tf.ones([1, 2]), tf.zeros([1, 1, 1]), tf.zeros([1, 1]))
    layer.set_weights([tf.zeros_like(weight) for weight in layer.weights])
    assign(layer, {"defaults": [[7.0], [8.0]], "direction": [[2.0]], "offset": [[1.0]]})
    if own:
        assign(layer, {"moving_variance": [1.0]})
    return layer


def test_without_modules_of_its_own_a_domain_has_directions_and_defaults_alone():
    layer = adaptation_by_hand(own=False)
    mask = tf.constant([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    fields = layer(mask, tf.constant([[[3.0]], [[4.0]], [[5.0]]]), column(10, 20, 30), training=True)
    # 2 * 10 + 1, exactly: nothing is normalized and nothing gated
    np.testing.assert_array_equal(fields[:, :, 0], [[3, 21], [7, 41], [5, 8]])
    assert [weight.shape.as_list() for weight in layer.weights] == [[2, 1], [1, 1], [1, 1]]


def test_adaptation_by_hand():
    layer = adaptation_by_hand()
    mask = tf.constant([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    fields = layer(mask, tf.constant([[[3.0]], [[4.0]], [[5.0]]]), column(10, 20, 30))
    # 2 * 10 + 1; the missing embedded field is 7, the missing number 8
    np.testing.assert_allclose(fields[:, :, 0], [[3, 21], [7, 41], [5, 8]], rtol=1e-3)


def test_what_the_mask_hides_changes_nothing_not_even_as_nan():
    layer = adaptation_by_hand()
    mask = tf.constant([[0.0, 0.0], [1.0, 1.0]])
    known = layer(mask, tf.constant([[[3.0]], [[4.0]]]), column(1, 2))
    hidden = layer(mask, tf.constant([[[NAN]], [[4.0]]]), column(NAN, 2))
    np.testing.assert_array_equal(hidden, known)


@pytest.mark.parametrize("rows", [0, 1])
def test_training_on_an_empty_or_one_row_partition_does_no_harm(rows):
    layer = adaptation_by_hand()
    before = layer.get_weights()
    fields = layer(tf.ones([rows, 2]), tf.ones([rows, 1, 1]), tf.ones([rows, 1]), training=True)
    assert np.isfinite(fields).all()
    for weight, old in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


PRESENT = tf.constant([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
LAYERS = {
    "ContinuousFields": (lambda seed: ContinuousFields(3, seed=seed, name="l"), [ramp(3, 2)]),
    "SqueezeExcite": (lambda seed: SqueezeExcite(reduction=1, seed=seed, name="l"), [ramp(3, 2, 4), PRESENT]),
    "DomainAdaptation": (
        lambda seed: DomainAdaptation(4, reduction=1, seed=seed, name="l"),
        [PRESENT, ramp(3, 1, 4), ramp(3, 1)],
    ),
    "SqueezeExcite, relu": (
        lambda seed: SqueezeExcite(reduction=1, activation="relu", seed=seed, name="l"),
        [ramp(3, 2, 4), PRESENT],
    ),
    "DomainAdaptation, not its own": (
        lambda seed: DomainAdaptation(4, activation="relu", own=False, seed=seed, name="l"),
        [PRESENT, ramp(3, 1, 4), ramp(3, 1)],
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_any_number_of_rows(name):
    make, inputs = LAYERS[name]
    assert_any_rows(make(1), *inputs)


@pytest.mark.parametrize("name", LAYERS)
def test_config_round_trip(name):
    make, inputs = LAYERS[name]
    assert_config_round_trip(make(1), *inputs)


@pytest.mark.parametrize("name", LAYERS)
def test_weights_round_trip(name, tmp_path):
    make, inputs = LAYERS[name]
    assert_weights_round_trip(make, *inputs, folder=tmp_path)


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (ContinuousFields(2), [ramp(3)], r"numbers must have rank 2, got rank 1 with shape \[3\]"),
        (SqueezeExcite(), [ramp(3, 2), ramp(3, 2)], r"fields must have rank 3, got rank 2 with shape \[3, 2\]"),
        (SqueezeExcite(), [ramp(3, 2, 1), ramp(3, 2, 1)], r"mask must have rank 2, got rank 3 with shape \[3, 2, 1\]"),
        (DomainAdaptation(4), [ramp(3, 2), ramp(3, 4), ramp(3, 1)], r"embedded must have rank 3, got rank 2"),
        (DomainAdaptation(4), [ramp(3, 2, 1), ramp(3, 1, 4), ramp(3, 1)], r"mask must have rank 2, got rank 3"),
    ],
)
def test_a_wrong_rank_is_refused(layer, inputs, message):
    with pytest.raises(ValueError, match=message):
        layer(*inputs)
