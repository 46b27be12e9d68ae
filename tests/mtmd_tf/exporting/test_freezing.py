"""Tests of functions that are traced once and copied."""

import numpy as np
import tensorflow as tf

from mtmd_tf.exporting.freezing import MOST_NUMBERS, Frozen

ROWS = tf.TensorSpec([None], tf.float32)


def test_a_copy_computes_what_the_function_does_and_holds_small_weights_as_constants() -> None:
    weight = tf.Variable([2.0])
    frozen = Frozen(lambda rows: rows * weight, [ROWS])
    weight.assign([3.0])
    copied = tf.function(lambda rows: frozen(rows), input_signature=[ROWS])
    np.testing.assert_array_equal(copied([1.0, 5.0]), [2.0, 10.0])
    assert frozen.captured == []


def test_a_large_weight_stays_a_variable() -> None:
    weight = tf.Variable(tf.ones([MOST_NUMBERS + 1]))
    frozen = Frozen(lambda rows: rows * tf.reduce_max(weight), [ROWS])
    copied = tf.function(lambda rows: frozen(rows), input_signature=[ROWS])
    weight.assign(3.0 * weight)
    np.testing.assert_array_equal(copied([1.0, 5.0]), [3.0, 15.0])
    assert len(frozen.captured) == 1


def test_an_input_that_the_function_ignores_is_taken_and_ignored() -> None:
    """As the numbers of a side that has none."""
    frozen = Frozen(lambda rows, numbers: rows + 1.0, [ROWS, tf.TensorSpec([None, 0], tf.float32)])
    copied = tf.function(lambda rows, numbers: frozen(rows, numbers))
    np.testing.assert_array_equal(copied(tf.constant([1.0]), tf.zeros([1, 0])), [2.0])
