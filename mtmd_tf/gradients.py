"""Small operations whose gradient is written out: automatic differentiation would make several times as many of each.

A gradient of rows whose number is unknown until it runs measures shapes, sums over axes that it has to find first, and
reshapes. A model has hundreds of these operations, and each takes a fraction of a millisecond to trace (docs/adr/0049).
The numbers are those of automatic differentiation, in the same order.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf import execution, legacy

Gradient = Callable[[tf.Tensor], Any]  # of the output's gradient: that of each input, or None where it has none
Function = Callable[..., tuple[tf.Tensor, Gradient]]


def written_out(function: Function, *tensors: tf.Tensor) -> tf.Tensor:
    """What `function` makes of tensors `[...]`: it returns its output and the gradient of its inputs.

    Tapes use that gradient. Where a whole function of TensorFlow is differentiated, as XLA has it, operations have
    their usual names, so it goes by the slower way that TensorFlow documents.
    """
    if execution.xla():
        return tf.custom_gradient(function)(*tensors)
    return legacy.recorded(function, tensors)


def constant(value: Any, dtype: tf.DType = tf.int32) -> Any:
    """A number or a sequence of them, `[]` or `[numbers]`, as one tensor for a whole graph; eagerly, as it is."""
    if tf.executing_eagerly():
        return tf.constant(value, dtype) if isinstance(value, Sequence) and not value else value  # of no type by itself
    kept = legacy.kept_in_graph()
    key = (tuple(value) if isinstance(value, Sequence) else value, dtype)
    if key not in kept:
        with tf.control_dependencies(None):
            kept[key] = tf.constant(value, dtype)
    return kept[key]


def summed(tensor: tf.Tensor, axis: int | Sequence[int], *, keepdims: bool = False) -> tf.Tensor:
    """The sum of `[...]` along axes; its gradient is not written out."""
    return tf.raw_ops.Sum(input=tensor, axis=constant(axis), keep_dims=keepdims)


def averaged(tensor: tf.Tensor, axis: int, *, keepdims: bool = False) -> tf.Tensor:
    """The mean of `[...]` along an axis; its gradient is not written out."""
    return tf.raw_ops.Mean(input=tensor, axis=constant(axis), keep_dims=keepdims)


def expanded(tensor: tf.Tensor, axis: int) -> tf.Tensor:
    """`[...]` with one more axis, of size 1."""

    def run(tensor: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        wider = tf.raw_ops.ExpandDims(input=tensor, axis=constant(axis))
        return wider, lambda upstream: [tf.raw_ops.Squeeze(input=upstream, axis=[axis])]

    return written_out(run, tensor)


def squeezed(tensor: tf.Tensor, axis: int) -> tf.Tensor:
    """`[...]` without an axis of size 1."""

    def run(tensor: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        narrower = tf.raw_ops.Squeeze(input=tensor, axis=[axis])
        return narrower, lambda upstream: [tf.raw_ops.ExpandDims(input=upstream, axis=constant(axis))]

    return written_out(run, tensor)


def joined(parts: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """Parts `[...]` one after another along an axis along which the size of each is known."""
    sizes = [part.shape[axis] for part in parts]

    def run(*parts: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        whole = tf.raw_ops.ConcatV2(values=list(parts), axis=constant(axis))
        return whole, lambda upstream: tf.raw_ops.SplitV(
            value=tf.convert_to_tensor(upstream),
            size_splits=constant(sizes),
            axis=constant(axis),
            num_split=len(sizes),
        )

    return parts[0] if len(parts) == 1 else written_out(run, *parts)


def picked(value: tf.Tensor, indices: Sequence[int] | None, *, axis: int) -> tf.Tensor:
    """The entries of `[...]` at distinct indices of an axis of known size, None for all; its gradient is one pass."""
    size = value.shape[axis]
    if indices is None or list(indices) == list(range(size)):
        return value
    back = [indices.index(i) if i in indices else len(indices) for i in range(size)]
    padding = [[0, int(at == axis)] for at in range(value.shape.rank)]

    def run(value: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.convert_to_tensor(upstream)
            return [_gathered(upstream if len(indices) == size else tf.pad(upstream, padding), back, axis=axis)]

        return _gathered(value, indices, axis=axis), gradient

    return written_out(run, tf.convert_to_tensor(value))


def rows_of(tensor: tf.Tensor) -> tf.Tensor:
    """How many rows `[rows, ...]` has, `[]` int32."""
    if tensor.shape[0] is not None:
        return tf.constant(tensor.shape[0])
    ends = {"begin": constant([0]), "end": constant([1]), "strides": constant([1])}
    return tf.raw_ops.StridedSlice(input=tf.raw_ops.Shape(input=tensor), **ends, shrink_axis_mask=1)


def reshaped(tensor: tf.Tensor, *sizes: int) -> tf.Tensor:
    """Rows `[rows, ...]`, whose sizes but the first are known, each to a row of other sizes: `[rows, *sizes]`."""
    before = [-1, *tensor.shape[1:]]

    def run(tensor: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        other = tf.raw_ops.Reshape(tensor=tensor, shape=constant([-1, *sizes]))
        return other, lambda upstream: [tf.raw_ops.Reshape(tensor=upstream, shape=constant(before))]

    return written_out(run, tensor)


def repeated(row: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """`[...]` of known shape, as often as `rows`, `[]`, says: `[rows, ...]`."""

    def run(row: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        shape = tf.raw_ops.Pack(values=[rows, *map(constant, row.shape)])
        return tf.raw_ops.BroadcastTo(input=row, shape=shape), lambda upstream: [summed(upstream, 0)]

    return written_out(run, tf.convert_to_tensor(row))


def rows_at(rows: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
    """`[rows, ...]` at `[indices]`, which may repeat or leave rows out: `[indices, ...]`."""

    def run(rows: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            return [tf.raw_ops.UnsortedSegmentSum(data=upstream, segment_ids=indices, num_segments=rows_of(rows))]

        return tf.raw_ops.GatherV2(params=rows, indices=indices, axis=constant(0)), gradient

    return written_out(run, rows)


def permuted(rows: tf.Tensor, order: tf.Tensor, inverse: tf.Tensor, *, longer: tf.Tensor | None = None) -> tf.Tensor:
    """`[rows, ...]` in another order, whose inverse is `inverse`.

    Args:
        rows: Rows.
        order: Which row stands at each place, `[places]`.
        inverse: Where each row stands, `[rows]`.
        longer: The longer one of `order` and `inverse`, if one has places of no row: there it holds the number of rows,
            and the result is zeros. None where both have one length.
    """

    def run(rows: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def moved(rows: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
            if order is longer:
                rows = tf.pad(rows, [[0, 1], *[[0, 0]] * (rows.shape.rank - 1)])
            return tf.raw_ops.GatherV2(params=rows, indices=order, axis=constant(0))

        return moved(rows, order), lambda upstream: [moved(upstream, inverse)]

    return written_out(run, rows)


def stacked_rows(parts: Sequence[tf.Tensor], sizes: tf.Tensor) -> tf.Tensor:
    """Parts `[rows of the part, ...]` one below another; `sizes`, `[parts]` int32, are their numbers of rows."""

    def run(*parts: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        whole = tf.raw_ops.ConcatV2(values=list(parts), axis=constant(0))
        return whole, lambda upstream: tf.raw_ops.SplitV(
            value=upstream, size_splits=sizes, axis=constant(0), num_split=len(parts)
        )

    return parts[0] if len(parts) == 1 else written_out(run, *parts)


def _gathered(value: tf.Tensor, indices: Sequence[int], *, axis: int) -> tf.Tensor:
    return tf.raw_ops.GatherV2(params=value, indices=constant(indices), axis=constant(axis))
