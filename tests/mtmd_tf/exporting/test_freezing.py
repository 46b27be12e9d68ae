"""Tests of mtmd_tf/exporting/freezing.py."""

import numpy as np
import tensorflow as tf

from mtmd_tf.exporting.freezing import Frozen

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
