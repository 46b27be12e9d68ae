"""Sums over the replicas of a training step; a replica is one device's copy of the model (docs/adr/0037)."""

from typing import Any

import tensorflow as tf

# A variable that every replica moves to the same value: each has its own, and a checkpoint holds the first's.
SAME_ON_ALL: dict[str, Any] = {
    "synchronization": tf.VariableSynchronization.ON_READ,
    "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
}


def several() -> bool:
    """Whether this is a step of several replicas in sync."""
    context = tf.distribute.get_replica_context()
    return context is not None and context.num_replicas_in_sync > 1


def summed(value: Any) -> Any:
    """The sum over all replicas of each tensor of a structure, of any shape; outside such a step, the structure."""
    if not several():
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def rows_once(gradient: tf.Tensor | tf.IndexedSlices) -> tf.Tensor | tf.IndexedSlices:
    """A table's gradient with each of its rows once, the sum of all: replicas send rows, and a batch repeats them.

    Args:
        gradient: Gradient of a table `[rows, width]` that was looked up; any other is returned as it is.
    """
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, place = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, place, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def gathered(tensor: tf.Tensor) -> tf.Tensor:
    """`[...]` of each replica to `[replicas, ...]`, in the replicas' order; `[1, ...]` outside such a step."""
    alone = tensor[None]
    if not several():
        return alone
    together = tf.distribute.get_replica_context().all_gather(alone, axis=0)
    return tf.ensure_shape(together, [None, *tensor.shape])
