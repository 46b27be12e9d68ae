"""A kernel as a base plus a deviation of low rank; back, each copy of it goes on one core (docs/adr/0056)."""

import functools
from typing import Any

import tensorflow as tf

from mtmd_tf import execution, legacy
from mtmd_tf.gradients import Gradient, written_out


def deviated(base: tf.Tensor, down: tf.Tensor, up: tf.Tensor) -> tf.Tensor:
    """`B + D U`, with its gradient `G` for B, `G U'` for D and `D' G` for U written out.

    Both products of the gradient read all of `G` and do little with it. In batched products each copy's is cut among
    all threads, which wait for each other. Here a copy, a megabyte that stays in a core's cache, goes through both on
    one core.

    Args:
        base: `[copies, inputs, units]`.
        down: `[copies, inputs, rank]`.
        up: `[copies, rank, units]`.

    Returns:
        `[copies, inputs, units]`.
    """

    def run(base: tf.Tensor, down: tf.Tensor, up: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.convert_to_tensor(upstream)
            if not execution.in_blocks():
                return [
                    upstream,
                    tf.matmul(upstream, up, transpose_b=True),
                    tf.matmul(down, upstream, transpose_a=True),
                ]
            shapes = [down.shape[1:], up.shape[1:]]
            return [upstream, *legacy.of_each(_factors_gradient(), [upstream, down, up], shapes)]

        return tf.raw_ops.AddV2(x=base, y=tf.matmul(down, up)), gradient

    return written_out(run, base, down, up)


@functools.cache
def _factors_gradient() -> Any:
    """Of one copy, the same for every kernel."""
    any_matrix = tf.TensorSpec([None, None])

    def back(upstream: tf.Tensor, down: tf.Tensor, up: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        d_down = tf.raw_ops.MatMul(a=upstream, b=up, transpose_b=True)
        return d_down, tf.raw_ops.MatMul(a=down, b=upstream, transpose_a=True)

    return tf.function(back, input_signature=[any_matrix] * 3, autograph=False).get_concrete_function()
