"""The final embedding by hand: the whole dot is the deep dot plus the shallow one, biases included."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import BIAS_UNITS
from mtmd_tf.embedding import TaskEmbedding
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)


def by_hand(side: str, *, bias: float) -> TaskEmbedding:
    """Projects [a, b] to 2 a + 1."""
    layer = TaskEmbedding(1, side=side, bias=bias)
    layer(tf.zeros([1, 2]), tf.zeros([1, 1]))
    assign(layer, {"project/kernel": [[[2.0], [0.0]]], "project/bias": [[[1.0]]]})
    return layer


@pytest.mark.parametrize(("side", "ends"), [("query", [0.25, 1.0]), ("item", [1.0, 0.25])])
def test_each_side_by_hand(side, ends):
    embedding = by_hand(side, bias=0.25)(tf.constant([[3.0, 9.0]]), tf.constant([[5.0]]))
    np.testing.assert_allclose(embedding, [[7.0, 5.0, *ends]])


def test_the_dot_of_both_sides_is_the_deep_dot_plus_the_shallow_dot_plus_both_biases():
    query = by_hand("query", bias=0.25)(tf.constant([[3.0, 9.0]]), tf.constant([[5.0]]))
    item = by_hand("item", bias=-2.0)(tf.constant([[1.0, 9.0]]), tf.constant([[0.5]]))
    # 7 * 3 + 5 * 0.5 + 0.25 - 2
    np.testing.assert_allclose(tf.reduce_sum(query * item), 21.0 + 2.5 + 0.25 - 2.0)
    assert BIAS_UNITS == 2


@pytest.mark.parametrize("units", [8, 128])
def test_the_first_deep_dots_have_a_standard_deviation_of_a_quarter(units):
    random = np.random.default_rng(0)
    sides = []
    for seed, side in enumerate(("query", "item")):
        crossed = tf.constant(random.normal(size=[4000, 128]), tf.float32)
        sides.append(TaskEmbedding(units, side=side, seed=seed)(crossed, tf.zeros([4000, 1]))[:, :units])
    assert np.std(tf.reduce_sum(sides[0] * sides[1], axis=1)) == pytest.approx(0.25, rel=0.25)


def make(seed: int = 1) -> TaskEmbedding:
    return TaskEmbedding(3, side="item", bias=0.5, seed=seed, name="embedding")


def test_any_number_of_rows():
    assert_any_rows(make(), ramp(5, 4), ramp(5, 2))


def test_config_round_trip():
    assert_config_round_trip(make(), ramp(5, 4), ramp(5, 2))


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, ramp(5, 4), ramp(5, 2), folder=tmp_path)


def test_an_unknown_side_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown side 'cross'; it must be one of \['query', 'item'\]\."):
        TaskEmbedding(3, side="cross")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([ramp(2, 5, 4), ramp(5, 2)], r"crossed must have rank 2, got rank 3 with shape \[2, 5, 4\]"),
        ([ramp(5, 4), ramp(5)], r"shallow must have rank 2, got rank 1 with shape \[5\]"),
    ],
)
def test_a_wrong_rank_is_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        make()(*inputs)
