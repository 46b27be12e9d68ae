"""A check inside a graph: a value, or an error that names what is wrong (docs/data-contract.md)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfrecords_tools.specs import CANDIDATES_RULE


def unless(bad: tf.Tensor, message: Sequence[Any], value: tf.Tensor) -> tf.Tensor:
    """`value`, of any shape, or an error with `message` where something is in `bad`, `[faults]`.

    Raises:
        tf.errors.InvalidArgumentError: Something is in `bad` (when run).
    """
    with tf.control_dependencies([tf.debugging.Assert(tf.size(bad) == 0, message)]):
        return tf.identity(value)


def with_candidates(column: tf.RaggedTensor, *, key: str, owner: tf.Tensor) -> tf.RaggedTensor:
    """`column`, or an error where a request has no value: compact records that are read without their item table.

    Args:
        column: `[requests, (candidates)]`.
        key: Name of the column in a record.
        owner: `[requests]`, what a message calls each request.

    Raises:
        tf.errors.InvalidArgumentError: A request without candidates (when run).
    """
    starts = column.row_splits
    empty = tf.where(starts[1:] == starts[:-1])[:, 0]
    return column.with_values(unless(empty, [f"{key}: {CANDIDATES_RULE}:", tf.gather(owner, empty)], column.values))
