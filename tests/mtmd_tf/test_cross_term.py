"""The layer of the linear term: it learns what an export says, by the moments of what it saw."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.cross_term import CrossTerm
from mtmd_tf.score_features import term_of
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)
from tfrecords_tools.schema import Feature

TASKS = ("ctr", "gctr")
PRESENT = tf.constant([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
FEATURES = [
    Feature(name=name, side="cross", kind="continuous", dtype="float", count_like=name == "seen")
    for name in ("age", "seen")
]


def make(seed: int = 0, *, pace: float = 10.0) -> CrossTerm:
    del seed  # its weights start at 0
    return CrossTerm(TASKS, features=2, pace=pace, name="term")


def learned() -> CrossTerm:
    layer = make(pace=2.0)
    layer(tf.constant([[1.0, 5.0], [3.0, 5.0]]), tf.constant([[1.0, 0.0], [1.0, 0.0]]), training=True)
    assign(layer, {"weight": [[0.5, 1.0], [0.0, 1.0]], "missing": [[1.5, -0.5], [1.0, 0.0]]})
    return layer


def test_it_adds_nothing_before_it_has_learned():
    np.testing.assert_array_equal(make()(ramp(3, 2), PRESENT), np.zeros([2, 3]))


def test_the_term_by_hand():
    found = learned()(tf.constant([[4.0, 0.0], [0.0, 2.0]]), tf.constant([[1.0, 0.0], [0.0, 1.0]]))
    # age: mean 2, deviation 1; seen: no row yet, so 0. Weights are twice their variables.
    np.testing.assert_allclose(found, [[2 * 1.0 - 1.0, 3.0], [0.0, 2.0]], rtol=1e-6)


def test_the_value_of_a_missing_number_does_not_matter():
    numbers = tf.where(PRESENT > 0, ramp(3, 2), float("nan"))
    np.testing.assert_array_equal(learned()(numbers, PRESENT), learned()(ramp(3, 2), PRESENT))


def test_gradients_reach_every_weight_and_are_finite_where_numbers_are_missing():
    layer = learned()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.where(PRESENT > 0, ramp(3, 2) + 1, float("nan")), PRESENT, training=True) ** 2)
    for gradient in tape.gradient(total, layer.trainable_weights):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_an_export_says_what_the_layer_does():
    layer, random = learned(), np.random.default_rng(0)
    for weight in layer.trainable_weights:
        weight.assign(random.normal(size=weight.shape))
    raw = random.gamma(1.0, 3.0, (200, 2)).astype(np.float32)
    raw[random.random((200, 2)) < 0.3] = np.nan
    present = ~np.isnan(raw)
    tamed = np.where([False, True], np.log1p(raw), raw)
    wanted = layer(tf.constant(tamed, tf.float32), tf.constant(present, tf.float32))
    found = term_of(layer.described(FEATURES), TASKS, list(raw.T))
    np.testing.assert_allclose(np.stack([found[task] for task in TASKS]), wanted, rtol=1e-5, atol=1e-5)


def test_a_number_that_never_varied_adds_nothing():
    layer = make()
    layer(tf.fill([4, 2], 7.0), tf.ones([4, 2]), training=True)
    assign(layer, {"weight": tf.ones([2, 2])})
    np.testing.assert_array_equal(layer(tf.fill([1, 2], 9.0), tf.ones([1, 2])), [[0.0], [0.0]])
    assert [feature.scale for feature in layer.described(FEATURES)] == [0.0, 0.0]


def test_any_rows_config_and_checkpoint(tmp_path: pathlib.Path):
    assert_any_rows(learned(), ramp(3, 2), PRESENT, out_axis=1)
    assert_config_round_trip(make(), ramp(3, 2), PRESENT)
    assert_weights_round_trip(make, ramp(3, 2), PRESENT, folder=tmp_path)


def test_numbers_of_another_rank_are_refused():
    with pytest.raises(ValueError, match="numbers"):
        make()(tf.zeros([2]), tf.zeros([2]))
