"""The feed-forward networks that every expert and router is made of (paper section 2.1.3)."""

import dataclasses
import math
from collections.abc import Sequence

import tensorflow as tf

from mtmd_tf.checks import require_choice
from mtmd_tf.config import NORMALIZATIONS
from mtmd_tf.execution import product
from mtmd_tf.gradients import Gradient, constant, expanded, squeezed, summed, written_out
from mtmd_tf.layer_norm import LayerNorm
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Indices, Link, Sharing, Weight, indices_of, origin

_TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut at two standard deviations


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class FeedForward(tf.keras.layers.Layer):
    """Networks of the same shape side by side, each with weights of its own (section 2.1.3).

    Each sublayer is Linear, LayerNorm, LeakyReLU, in this order; all copies run as one batched matrix product. For
    ablations (section 3.4), LayerNorm can come last in each sublayer, or be left out.

    Args:
        copies: Names of the networks; initial weights depend on the name and the seed alone.
        units: Width of each sublayer; none leaves the rows as they are.
        slope: Negative slope of LeakyReLU; the paper's 0.2.
        last_gain: Initial gain of the last LayerNorm, or of the last Linear where there is no LayerNorm: small where
            the output goes straight into a dot product.
        normalization: `pre` (before the activation), `post` (after it) or `none`.
        seed: Seed of the initial weights, together with their names.

    Input shape:  `[rows, inputs]`, read by all, or `[copies, rows, inputs]`
    Output shape: `[copies, rows, units[-1]]`
    """

    def __init__(
        self,
        copies: Sequence[str],
        *,
        units: Sequence[int],
        slope: float = 0.2,
        last_gain: float = 1.0,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_choice(normalization, NORMALIZATIONS, what="normalization")
        self._slope, self._normalization = slope, normalization
        gains = [last_gain if i == len(units) - 1 else 1.0 for i in range(len(units))]
        scales = [gain**2 if normalization == "none" else 1.0 for gain in gains]
        self._linears = [
            Linear(copies, units=width, scale=scale, seed=derive_seed(seed, f"linear_{i}"), name=f"linear_{i}")
            for i, (width, scale) in enumerate(zip(units, scales, strict=True))
        ]
        if normalization != "none":
            within = slope if normalization == "pre" else 1.0
            self._norms = [LayerNorm(slope=within, gain=gain, name=f"norm_{i}") for i, gain in enumerate(gains)]

    def make_base(self, inputs: int) -> int:
        """Makes the linear maps alone, for others to deviate from; returns how many units the last has."""
        rows = tf.zeros([0, inputs])
        for linear in self._linears:
            rows = linear(rows)
        return rows.shape[-1]

    def deviate(self, base: "FeedForward", *, sharing: Sharing, inputs: Indices = None) -> None:
        """From now on, before it is built, the linear maps are `base`'s of the same copies plus deviations.

        LayerNorms stay the layer's own.

        Args:
            base: Built before this layer is; of the same layers.
            sharing: How the domains of the tower share weights.
            inputs: Positions of this layer's inputs among those of the base; an empty list leaves the first kernel
                without a base.
        """
        for place, (own, shared) in enumerate(zip(self._linears, base._linears, strict=True)):
            if place or inputs is None or len(inputs):
                own.deviate(shared, sharing=sharing, inputs=None if place else inputs)

    def call(self, rows: tf.Tensor, blocks: tf.Tensor | None = None) -> tf.Tensor:
        """Runs the sublayers in order.

        Args:
            rows: Rows.
            blocks: In how many blocks of rows LayerNorms go, `[]` int32, a power of two that divides the number of
                rows; None for all at once.
        """
        for place, linear in enumerate(self._linears):
            if blocks is not None and self._normalization == "pre":
                rows = self._norms[place](linear(rows, biased=False), bias=linear.bias, blocks=blocks)
                continue
            rows = linear(rows)  # [copies, rows, units of this layer]
            if self._normalization != "pre":
                rows = tf.nn.leaky_relu(rows, alpha=self._slope)
            if self._normalization != "none":
                rows = self._norms[place](rows)
        return rows


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Linear(tf.keras.layers.Layer):
    """Linear maps side by side: `y = x W + b`, outputs of variance `scale` times the inputs' at the start.

    Args:
        copies: Names of the maps, one each.
        units: Width of the output.
        scale: Variance of the outputs over that of the inputs.
        seed: Initial weights are derived from it and the copy's name.

    Input shape:  `[rows, inputs]`, read by all, or `[copies, rows, inputs]`
    Output shape: `[copies, rows, units]`
    """

    def __init__(self, copies: Sequence[str], *, units: int, scale: float = 1.0, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._copies, self._units, self._scale, self._seed = tuple(copies), units, scale, seed
        self._link: Link | None = None

    def deviate(self, base: "Linear", *, sharing: Sharing, inputs: Indices = None, outputs: Indices = None) -> None:
        """From now on, before it is built, the maps are `base`'s of the same copies plus deviations.

        Args:
            base: Built before this layer is.
            sharing: How the domains of the tower share weights.
            inputs: Positions of this layer's inputs among those of the base; None for all.
            outputs: Positions of this layer's units among those of the base; None for all.
        """
        copies = indices_of(self._copies, among=base._copies)
        sharing = dataclasses.replace(sharing, seed=derive_seed(self._seed, "down"))
        self._link = Link(base, sharing, {"copies": copies, "inputs": inputs, "units": outputs})

    def build(self, shape: tf.TensorShape) -> None:
        """Makes kernel `[copies, inputs, units]` and bias `[copies, 1, units]`; raises ValueError for another rank."""
        if shape.rank not in (2, 3):
            raise ValueError(f"{self.name}: rows must have rank 2 or 3, got rank {shape.rank} with shape {shape}.")
        copies, inputs, units = self._copies, shape[-1], self._units
        stddev = math.sqrt(self._scale / inputs) / _TRUNCATED_STDDEV

        def kernels(shape: Sequence[int], dtype: tf.DType, **_) -> tf.Tensor:
            seeds = [derive_seed(self._seed, copy) for copy in copies]
            return tf.stack(
                [tf.random.stateless_truncated_normal(shape[1:], [s, 0], stddev=stddev, dtype=dtype) for s in seeds]
            )

        each, bias = [len(copies), inputs, units], [len(copies), 1, units]
        of_kernel = origin(self._link, "_kernel", "copies", "inputs", "units")
        self._kernel = Weight(self, "kernel", shape=each, initializer=kernels, origin=of_kernel)
        of_bias = origin(self._link, "_bias", "copies", "one", "units")
        self._bias = Weight(self, "bias", shape=bias, initializer="zeros", origin=of_bias)
        super().build(shape)

    @property
    def bias(self) -> tf.Tensor:
        """`[copies, 1, units]`."""
        return tf.convert_to_tensor(self._bias.value())

    def call(self, rows: tf.Tensor, biased: bool = True) -> tf.Tensor:
        """Maps every row by every copy; without the bias, which whoever asks for that adds, if it is not `biased`."""
        kernel = tf.convert_to_tensor(self._kernel.value())
        bias = self.bias if biased else None
        if len(self._copies) == 1:  # of one row, a plain product takes half the time of a batched one
            flat = squeezed(rows, 0) if rows.shape.rank == 3 else rows
            return expanded(mapped(flat, squeezed(kernel, 0), bias), 0)
        return mapped(rows if rows.shape.rank == 3 else expanded(rows, 0), kernel, bias)


def mapped(rows: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
    """`x W + b`, or `x W`, with its gradient written out.

    Args:
        rows: `[rows, inputs]`, or `[1 or copies, rows, inputs]` with copies.
        kernel: `[inputs, units]`, or `[copies, inputs, units]`.
        bias: `[1, 1, units]`, or `[copies, 1, units]`; None for none.

    Returns:
        `[rows, units]`, or `[copies, rows, units]`.
    """
    shared = rows.shape.rank == 3 and rows.shape[0] == 1 and kernel.shape[0] != 1
    flat = rows.shape.rank == 2

    def run(rows: tf.Tensor, kernel: tf.Tensor, *bias: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.convert_to_tensor(upstream)
            d_rows = product(upstream, kernel, transpose_b=True)
            of_both = [
                summed(d_rows, 0, keepdims=True) if shared else d_rows,
                product(rows, upstream, transpose_a=True),
            ]
            if not bias:
                return of_both
            d_bias = summed(upstream, 0 if flat else 1, keepdims=True)
            return [*of_both, tf.raw_ops.ExpandDims(input=d_bias, axis=constant(0)) if flat else d_bias]

        if not bias:
            return product(rows, kernel), gradient
        own = tf.raw_ops.Reshape(tensor=bias[0], shape=constant([-1])) if flat else bias[0]
        return product(rows, kernel) + own, gradient

    return written_out(run, rows, kernel, *([] if bias is None else [bias]))
