"""Aligns the inputs of one call: each has all rows, or one row that holds for every row."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf


class Alignment(NamedTuple):
    """Of inputs of `rows` rows or one.

    Attributes:
        rows: Number of rows, `[]` int32.
        own: `[inputs]` int32, how many rows each has.
        width: `[inputs]` int32, how many values a row has; 1 for an input of rank 1.
        grid: `[rows, inputs]` int32, which of its own rows an input has for each row.
    """

    rows: tf.Tensor
    own: tf.Tensor
    width: tf.Tensor
    grid: tf.Tensor

    @classmethod
    def of(cls, inputs: Sequence[tf.Tensor]) -> "Alignment":
        """Aligns inputs `[rows]` or `[rows, values]`; when run, refuses other row counts than 1 and the largest."""
        sizes: list[tf.Tensor] = []
        first = [0] * len(inputs)
        for dtype in {tensor.dtype: None for tensor in inputs}:
            places = [place for place, tensor in enumerate(inputs) if tensor.dtype == dtype]
            for place, shape in zip(places, tf.shape_n([inputs[place] for place in places]), strict=True):
                first[place] = sum(part.shape[0] for part in sizes)
                sizes.append(shape)
        numbers = tf.concat([*sizes, [1]], axis=0)
        last = numbers.shape[0] - 1
        own = tf.gather(numbers, first)
        width = tf.gather(numbers, [at + 1 if inputs[n].shape.rank == 2 else last for n, at in enumerate(first)])
        rows = tf.reduce_max(own) * tf.minimum(tf.reduce_min(own), 1)  # none, where an input has none
        single = tf.equal(own, 1)
        fits = tf.reduce_all(single | tf.equal(own, rows))
        with tf.control_dependencies(
            [assert_plainly(fits, ["inputs must have equally many rows, or one; they have", own])]
        ):
            grid = tf.range(rows)[:, None] * tf.cast(~single, tf.int32)
        return cls(rows=rows, own=own, width=width, grid=grid)

    def part(self, start: int, size: int) -> "Alignment":
        """Of `size` of the inputs."""
        own = slice(start, start + size)
        return Alignment(rows=self.rows, own=self.own[own], width=self.width[own], grid=self.grid[:, own])

    @property
    def index(self) -> tf.Tensor:
        """`[rows, inputs]`: where each row's own stands when the inputs' own rows are put one after another."""
        return self.grid + tf.cumsum(self.own, exclusive=True)


def assert_plainly(condition: tf.Tensor, message: Sequence) -> tf.Operation:
    """Asserts `condition`, `[]` bool, like `tf.debugging.Assert`, with one operation instead of a branch of ten."""
    return tf.raw_ops.Assert(condition=condition, data=[tf.convert_to_tensor(part) for part in message], summarize=10)
