"""A check inside a graph: a value, or an error that names what is wrong (docs/data-contract.md)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.schema import Feature
from tfrecords_tools.specs import CANDIDATES_RULE

NUMBER_RULE = "a present feature must be finite, and a count at least 0; it is not:"


def unless(bad: tf.Tensor, message: Sequence[Any], value: tf.Tensor) -> tf.Tensor:
    """`value`, of any shape, or an error with `message` where something is in `bad`, `[faults]`.

    Raises:
        tf.errors.InvalidArgumentError: Something is in `bad` (when run).
    """
    with tf.control_dependencies([tf.debugging.Assert(tf.size(bad) == 0, message)]):
        return tf.identity(value)


def require_finite(side: Side, layout: SideLayout, *, owner: tf.Tensor | None = None) -> Side:
    """Refuses NaN, infinity and negative counts under a set mask bit; absent values were made 0 by the indexer.

    Args:
        side: Indexed side of `rows` rows.
        layout: Fields of the side.
        owner: `[rows]`, what a message calls each row; None: its number.

    Raises:
        tf.errors.InvalidArgumentError: Such a number (when run); it names the features and the rows.
    """
    numbers, vectors = layout.of_kind("continuous"), layout.of_kind("dense")
    finite = [tf.math.is_finite(side.numbers)] if numbers else []
    finite += [tf.reduce_all(tf.math.is_finite(vector), axis=1, keepdims=True) for vector in side.vectors]
    if not finite:
        return side
    bad = tf.where(~tf.concat(finite, axis=1))
    return side._replace(mask=unless(bad, number_message((*numbers, *vectors), bad, owner=owner), side.mask))


def number_message(features: Sequence[Feature], bad: tf.Tensor, *, owner: tf.Tensor | None = None) -> list[Any]:
    """What an error says of `bad`, `[faults, 2]`: the row and the feature of each number that breaks `NUMBER_RULE`."""
    names = tf.gather(tf.constant([feature.key for feature in features]), bad[:, 1])
    rows = ["in row", bad[:, 0]] if owner is None else ["in", tf.gather(owner, bad[:, 0])]
    return [NUMBER_RULE, names, *rows]


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
