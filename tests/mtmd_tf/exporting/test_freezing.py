"""Tests of mtmd_tf/exporting/freezing.py."""

import numpy as np
import tensorflow as tf

from mtmd_tf.exporting.freezing import MOST_NUMBERS, Frozen

SPEC = tf.TensorSpec([None], tf.float32)


def test_a_copy_gives_what_the_function_gives_where_arguments_go_unused_or_come_back_as_they_were() -> None:
    """As of a schema without a kind of features: nothing reads their tensors."""
    weight = tf.Variable([2.0])

    def double(used: tf.Tensor, unused: tf.Tensor, passed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.name_scope("layer"):
            return weight * used, passed

    frozen = Frozen(double, [SPEC, SPEC, SPEC])

    @tf.function(input_signature=[SPEC, SPEC, SPEC], autograph=False)
    def call(used: tf.Tensor, unused: tf.Tensor, passed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return frozen(used, unused, passed)

    doubled, same = call(tf.constant([1.0, 3.0]), tf.constant([7.0]), tf.constant([5.0]))
    np.testing.assert_array_equal(doubled, [2.0, 6.0])
    np.testing.assert_array_equal(same, [5.0])


def test_a_function_is_traced_once_and_its_small_weights_are_constants_of_every_copy() -> None:
    small, large, traces = tf.Variable([2.0]), tf.Variable(tf.ones([MOST_NUMBERS + 1])), []

    def scale(numbers: tf.Tensor) -> dict[str, tf.Tensor]:
        traces.append(numbers)
        return {"scaled": numbers * small + tf.reduce_sum(large)}

    frozen = Frozen(scale, [tf.TensorSpec([None])])

    def call(numbers: tf.Tensor) -> tf.Tensor:
        return frozen(numbers)["scaled"] + frozen(numbers)["scaled"]

    once, again = (tf.function(call, input_signature=[tf.TensorSpec([None])]) for _ in range(2))
    assert once(tf.constant([3.0])).numpy().tolist() == [2 * (3 * 2 + MOST_NUMBERS + 1)]
    small.assign([100.0])  # a constant by now
    large.assign(tf.zeros_like(large))  # a variable still
    assert once(tf.constant([3.0])).numpy().tolist() == [2 * 3 * 2]
    assert again(tf.constant([3.0])).numpy().tolist() == [2 * 3 * 2]
    assert len(traces) == 1
    assert [handle is large.handle for handle in frozen.captured] == [True]
