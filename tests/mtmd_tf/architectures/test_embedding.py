"""The embedding without a shallow part by hand."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.embedding import PlainEmbedding
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

DOMAIN = tf.constant([1, 0, 1])


def make(seed: int = 1) -> PlainEmbedding:
    return PlainEmbedding(3, side="item", biases=[0.5, -1.0], seed=seed)


@pytest.mark.parametrize(("side", "ends"), [("query", [0.25, 1.0]), ("item", [1.0, 0.25])])
def test_each_side_by_hand(side, ends):
    layer = PlainEmbedding(1, side=side, biases=[-3.0, 0.25])
    layer(tf.zeros([1, 2]), tf.constant([1]))
    assign(layer, {"kernel": [[[2.0], [0.0]]], "project/bias": [[[1.0]]]})
    np.testing.assert_allclose(layer(tf.constant([[3.0, 9.0]]), tf.constant([1])), [[7.0, *ends]])


def test_the_dot_of_both_sides_is_the_deep_dot_plus_the_biases_of_both_domains():
    query, item = (PlainEmbedding(3, side=side, biases=[2.0, 5.0], seed=0) for side in ("query", "item"))
    left, right = query(ramp(2, 4), tf.constant([0, 1])), item(ramp(2, 4), tf.constant([0, 0]))
    deep = tf.reduce_sum(left[:, :3] * right[:, :3], axis=1)
    np.testing.assert_allclose(tf.reduce_sum(left * right, axis=1) - deep, [2.0 + 2.0, 5.0 + 2.0], rtol=1e-6)


def test_any_number_of_rows():
    assert_any_rows(make(), ramp(3, 4), DOMAIN)


def test_config_round_trip():
    assert_config_round_trip(make(), ramp(3, 4), DOMAIN)


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, ramp(3, 4), DOMAIN, folder=tmp_path)


def test_an_unknown_side_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown side 'cross'; it must be one of \['query', 'item'\]\."):
        PlainEmbedding(3, side="cross", biases=[0.0])


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"rows must have rank 2, got rank 3 with shape \[1, 3, 4\]"):
        make()(ramp(1, 3, 4), DOMAIN)
