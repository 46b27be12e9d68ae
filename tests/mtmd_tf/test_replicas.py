"""What replicas send each other, without replicas; `tests/mtmd_tf/distribution` trains with several."""

import numpy as np
import tensorflow as tf

from mtmd_tf import replicas


def test_a_row_that_a_batch_repeats_is_sent_once_with_the_sum_of_its_gradients():
    values = tf.constant([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [8.0, 80.0]])
    gradient = tf.IndexedSlices(values, tf.constant([5, 3, 5, 5], tf.int64), tf.constant([9, 2], tf.int64))
    once = replicas.rows_once(gradient)
    np.testing.assert_array_equal(once.indices, [5, 3])
    np.testing.assert_array_equal(once.values, [[13, 130], [2, 20]])
    np.testing.assert_array_equal(tf.convert_to_tensor(once), tf.convert_to_tensor(gradient))


def test_a_table_that_was_not_looked_up_has_no_rows_to_send():
    gradient = tf.IndexedSlices(tf.zeros([0, 2]), tf.zeros([0], tf.int64), tf.constant([9, 2], tf.int64))
    assert replicas.rows_once(gradient).values.shape == (0, 2)


def test_a_dense_gradient_is_sent_as_it_is():
    gradient = tf.constant([[1.0, 2.0]])
    assert replicas.rows_once(gradient) is gradient
