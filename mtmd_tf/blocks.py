"""The feed-forward networks that every expert and router is made of (paper section 2.1.3)."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.checks import require_choice
from mtmd_tf.config import NORMALIZATIONS
from mtmd_tf.seeds import derive_seed

_EPSILON = 1e-5
_TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut at two standard deviations


def normalise(rows: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor, *, slope: float = 1.0) -> tf.Tensor:
    """LayerNorm over the last axis, then LeakyReLU: `leaky_relu(gain * (x - mean) / sqrt(variance + 1e-5) + shift)`.

    The gradient is written out: a model has hundreds of these, and what automatic differentiation makes of each would
    triple the graph (docs/adr/0003). Rows do not see each other, so an empty batch is as good as any.

    Args:
        rows: `[rows, units]` or `[copies, rows, units]`.
        gain: `[units]`, or `[copies, 1, units]` for rows with copies.
        shift: As gain.
        slope: Negative slope; 1 leaves the activation out.

    Returns:
        The shape of `rows`.
    """

    @tf.custom_gradient
    def run(rows: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor):
        centred = rows - tf.reduce_mean(rows, axis=-1, keepdims=True)
        scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True) + _EPSILON)
        normal = centred * scale
        before = normal * gain + shift

        def gradient(upstream: tf.Tensor):
            upstream = tf.raw_ops.LeakyReluGrad(gradients=upstream, features=before, alpha=slope)
            inner = upstream * gain
            along = tf.reduce_mean(inner * normal, axis=-1, keepdims=True)
            d_rows = (inner - tf.reduce_mean(inner, axis=-1, keepdims=True) - normal * along) * scale
            apart = gain.shape.rank == 3
            over = -2 if apart else list(range(rows.shape.rank - 1))
            return (
                d_rows,
                tf.reduce_sum(upstream * normal, over, keepdims=apart),
                tf.reduce_sum(upstream, over, keepdims=apart),
            )

        return tf.nn.leaky_relu(before, alpha=slope), gradient

    return run(rows, gain, shift)


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class FeedForward(tf.keras.layers.Layer):
    """Networks of the same shape side by side, each with weights of its own (section 2.1.3).

    Each sublayer is Linear, LayerNorm, LeakyReLU, in this order; all copies run as one batched matrix product. For
    ablations (section 3.4), LayerNorm can come last in each sublayer, or be left out.

    Args:
        copies: One name per network; its initial weights depend on it and the seed alone.
        units: Width of each sublayer; none leaves the rows as they are.
        slope: Negative slope of LeakyReLU; the paper's 0.2.
        last_gain: Initial gain of the last LayerNorm, or of the last Linear where there is no LayerNorm: small where
            the output goes straight into a dot product.
        normalization: `pre` (before the activation), `post` (after it) or `none`.
        seed: Initial weights are derived from it and their names.

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
        self._arguments: dict[str, Any] = {
            "copies": tuple(copies),
            "units": tuple(units),
            "slope": slope,
            "last_gain": last_gain,
            "normalization": normalization,
            "seed": seed,
        }
        gains = [last_gain if i == len(units) - 1 else 1.0 for i in range(len(units))]
        scales = [gain**2 if normalization == "none" else 1.0 for gain in gains]
        self._linears = [
            Linear(copies, units=width, scale=scale, seed=derive_seed(seed, f"linear_{i}"), name=f"linear_{i}")
            for i, (width, scale) in enumerate(zip(units, scales, strict=True))
        ]
        if normalization != "none":
            within = slope if normalization == "pre" else 1.0
            self._norms = [LayerNorm(slope=within, gain=gain, name=f"norm_{i}") for i, gain in enumerate(gains)]

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Runs the sublayers in order."""
        normalization = self._arguments["normalization"]
        for place, linear in enumerate(self._linears):
            rows = linear(rows)
            if normalization != "pre":
                rows = tf.nn.leaky_relu(rows, alpha=self._arguments["slope"])
            if normalization != "none":
                rows = self._norms[place](rows)
        return rows

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return super().get_config() | self._arguments


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Linear(tf.keras.layers.Layer):
    """Linear maps side by side: `y = x W + b`, outputs of variance `scale` times the inputs' at the start.

    Args:
        copies: One name per map.
        units: Width of the output.
        scale: Variance of the outputs over that of the inputs.
        seed: Initial weights are derived from it and the copy's name.

    Input shape:  `[rows, inputs]`, read by all, or `[copies, rows, inputs]`
    Output shape: `[copies, rows, units]`
    """

    def __init__(self, copies: Sequence[str], *, units: int, scale: float = 1.0, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._arguments: dict[str, Any] = {"copies": tuple(copies), "units": units, "scale": scale, "seed": seed}

    def build(self, shape: tf.TensorShape) -> None:
        """Makes kernel `[copies, inputs, units]` and bias `[copies, 1, units]`."""
        if shape.rank not in (2, 3):
            raise ValueError(f"{self.name}: rows must have rank 2 or 3, got rank {shape.rank} with shape {shape}.")
        copies, units = self._arguments["copies"], self._arguments["units"]
        inputs = shape[-1]
        stddev = math.sqrt(self._arguments["scale"] / inputs) / _TRUNCATED_STDDEV

        def kernels(shape: Sequence[int], dtype: tf.DType, **_) -> tf.Tensor:
            seeds = [derive_seed(self._arguments["seed"], copy) for copy in copies]
            return tf.stack(
                [tf.random.stateless_truncated_normal(shape[1:], [s, 0], stddev=stddev, dtype=dtype) for s in seeds]
            )

        self._kernel = self.add_weight("kernel", shape=[len(copies), inputs, units], initializer=kernels)
        self._bias = self.add_weight("bias", shape=[len(copies), 1, units], initializer="zeros")
        super().build(shape)

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Maps every row by every copy."""
        if len(self._arguments["copies"]) == 1:  # of one row, a plain product takes half the time of a batched one
            flat = tf.squeeze(rows, 0) if rows.shape.rank == 3 else rows
            return (tf.matmul(flat, tf.squeeze(self._kernel, 0)) + tf.reshape(self._bias, [-1]))[None]
        return tf.matmul(rows if rows.shape.rank == 3 else rows[None], self._kernel) + self._bias

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return super().get_config() | self._arguments


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class LayerNorm(tf.keras.layers.Layer):
    """LayerNorm and LeakyReLU with a gain and a shift for every copy and unit.

    Args:
        slope: Of LeakyReLU; 1 leaves the activation out.
        gain: Initial gain.

    Input and output shape: `[copies, rows, units]`
    """

    def __init__(self, *, slope: float = 1.0, gain: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._arguments: dict[str, Any] = {"slope": slope, "gain": gain}

    def build(self, shape: tf.TensorShape) -> None:
        """Makes gain and shift, `[copies, 1, units]`."""
        if shape.rank != 3:
            raise ValueError(f"{self.name}: rows must have rank 3, got rank {shape.rank} with shape {shape}.")
        each = [shape[0], 1, shape[-1]]
        self._gain = self.add_weight(
            "gain", shape=each, initializer=tf.keras.initializers.Constant(self._arguments["gain"])
        )
        self._shift = self.add_weight("shift", shape=each, initializer="zeros")
        super().build(shape)

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Normalises each row by itself."""
        return normalise(rows, self._gain, self._shift, slope=self._arguments["slope"])

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return super().get_config() | self._arguments
