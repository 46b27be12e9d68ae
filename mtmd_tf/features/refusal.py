"""A check inside a graph: a value, or an error that names what is wrong (docs/data-contract.md)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def unless(bad: tf.Tensor, message: Sequence[Any], value: tf.Tensor) -> tf.Tensor:
    """`value`, of any shape, or an error with `message` where something is in `bad`, `[faults]`.

    Raises:
        tf.errors.InvalidArgumentError: Something is in `bad` (when run).
    """
    with tf.control_dependencies([tf.debugging.Assert(tf.size(bad) == 0, message)]):
        return tf.identity(value)
