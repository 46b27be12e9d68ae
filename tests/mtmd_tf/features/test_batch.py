"""The type of a batch with any number of rows."""

import numpy as np
import tensorflow as tf

from mtmd_tf.features.batch import batch_spec
from tests.mtmd_tf.small import small_batch


def test_one_trace_serves_batches_of_any_size():
    traces = []

    def count(batch):
        traces.append(1)
        return tf.shape(batch.surface)[0], tf.size(batch.item.bags[0].flat_values)

    counted = tf.function(count, input_signature=[batch_spec(small_batch(3))])
    for requests in (3, 5, 0):
        batch = small_batch(requests)
        got = [int(number) for number in counted(batch)]
        assert got == [requests, int(np.prod(batch.item.bags[0].flat_values.shape))]
    assert len(traces) == 1


def test_only_rows_are_free():
    spec = batch_spec(small_batch(3))
    assert spec.query.mask.shape.as_list() == [None, 5]
    assert spec.item.vectors[0].shape.as_list() == [None, 2]
    assert spec.query.bags[0].dtype == tf.int64
    assert spec.cross == ()
