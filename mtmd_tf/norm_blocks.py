"""LayerNorm of a linear map's rows in blocks that stay in a core's cache, forward and back (docs/adr/0055)."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from mtmd_tf import legacy
from mtmd_tf.gradients import Gradient, averaged, constant, summed, written_out

EPSILON = 1e-5
_WIDE = 512  # a block of the whole is as many numbers as one of this many units
_Block = Callable[..., Any]  # traced


def normalize_in_blocks(
    rows: tf.Tensor, bias: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor, *, slope: float, blocks: tf.Tensor
) -> tf.Tensor:
    """`layer_norm.normalize` of `rows + bias`; only what comes in and what goes out passes through memory.

    One operation after another over all rows would write and read them some forty times. Here a block of rows goes
    through all operations on one core before the next does, and the backward pass makes again what it needs.

    Args:
        rows: `[copies, rows, units]`.
        bias: `[copies, 1, units]`, like gain and shift.
        gain: Gain.
        shift: Shift.
        slope: Negative slope of LeakyReLU; 1 leaves the activation out.
        blocks: `[]` int32, a power of two that divides the number of rows.

    Returns:
        The shape of `rows`.
    """
    copies, _, units = rows.shape
    forward, backward = _functions(units, slope)

    def run(rows: tf.Tensor, bias: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        own = _for_width(blocks, units)  # of each copy
        every = tf.raw_ops.Mul(x=own, y=constant(copies))
        cut = tf.raw_ops.Pack(values=[every, constant(-1), constant(units)])
        apart = tf.raw_ops.Reshape(tensor=rows, shape=cut)
        weights = tf.raw_ops.ConcatV2(values=[bias, gain, shift], axis=constant(1))  # [copies, 3, units]
        repeats = tf.raw_ops.Pack(values=[constant(1), own, constant(1)])
        weights = tf.raw_ops.Reshape(  # [blocks of all copies, 3, units]
            tensor=tf.raw_ops.Tile(input=weights, multiples=repeats), shape=constant([-1, 3, units])
        )

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.raw_ops.Reshape(tensor=upstream, shape=cut)
            d_rows, sums = legacy.of_each(backward, [apart, weights, upstream], [[None, units], [3, units]])
            sums = summed(tf.raw_ops.Reshape(tensor=sums, shape=constant([copies, -1, 3, units])), 1)
            d_weights = tf.raw_ops.Split(axis=constant(1), value=sums, num_split=3)
            return [_whole(d_rows, copies, units), *d_weights]

        [normal] = legacy.of_each(forward, [apart, weights], [[None, units]])
        return _whole(normal, copies, units), gradient

    return written_out(run, rows, bias, gain, shift)


def _for_width(blocks: tf.Tensor, units: int) -> tf.Tensor:
    """Fewer blocks of narrower rows, still a power of two."""
    halvings = max(_WIDE // units, 1).bit_length() - 1
    if not halvings:
        return blocks
    return tf.raw_ops.Maximum(x=tf.raw_ops.RightShift(x=blocks, y=constant(halvings)), y=constant(1))


def _whole(blocks: tf.Tensor, copies: int, units: int) -> tf.Tensor:
    return tf.raw_ops.Reshape(tensor=blocks, shape=constant([copies, -1, units]))


@functools.cache
def _functions(units: int, slope: float) -> tuple[_Block, _Block]:
    """Forward and backward of one block, the same for every layer of so many units."""
    rows, weights = tf.TensorSpec([None, units]), tf.TensorSpec([3, units])

    def normal(rows: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = rows + bias
        centered = rows - averaged(rows, -1, keepdims=True)
        norm = tf.raw_ops.EuclideanNorm(input=centered, axis=constant(-1), keep_dims=True)
        variance = tf.raw_ops.Square(x=norm) * constant(1.0 / units, tf.float32)
        scale = tf.raw_ops.Rsqrt(x=variance + constant(EPSILON, tf.float32))
        return centered * scale, scale

    def forward(rows: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        bias, gain, shift = tf.unstack(weights, num=3)
        return _leaky(normal(rows, bias)[0] * gain + shift, slope)

    def backward(rows: tf.Tensor, weights: tf.Tensor, upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        bias, gain, shift = tf.unstack(weights, num=3)
        normed, scale = normal(rows, bias)
        if slope != 1.0:
            before = normed * gain + shift
            upstream = tf.raw_ops.LeakyReluGrad(gradients=upstream, features=before, alpha=slope)
        product = upstream * normed
        inner = upstream * gain
        along = averaged(product * gain, -1, keepdims=True)
        d_rows = (inner - averaged(inner, -1, keepdims=True) - normed * along) * scale
        return d_rows, tf.raw_ops.Pack(values=[summed(each, 0) for each in (d_rows, product, upstream)])

    return (
        tf.function(forward, input_signature=[rows, weights], autograph=False).get_concrete_function(),
        tf.function(backward, input_signature=[rows, weights, rows], autograph=False).get_concrete_function(),
    )


def _leaky(rows: tf.Tensor, slope: float) -> tf.Tensor:
    return rows if slope == 1.0 else tf.raw_ops.LeakyRelu(features=rows, alpha=slope)
