"""LayerNorm and LeakyReLU in one, with a gradient that is written out (paper section 2.1.3)."""

import tensorflow as tf

from mtmd_tf.gradients import Gradient, averaged, constant, summed, written_out
from mtmd_tf.norm_blocks import EPSILON, normalize_in_blocks


def normalize(rows: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor, *, slope: float = 1.0) -> tf.Tensor:
    """LayerNorm over the last axis, then LeakyReLU: `leaky_relu(gain * (x - mean) / sqrt(variance + 1e-5) + shift)`.

    The gradient is written out: a model has hundreds of these, and what automatic differentiation makes of each would
    triple the graph (docs/adr/0003). Rows do not see each other, so an empty batch is as good as any.

    Args:
        rows: `[rows, units]` or `[copies, rows, units]`.
        gain: `[units]`, or `[copies, 1, units]` for rows with copies.
        shift: Shift, of the shape of the gain.
        slope: Negative slope; 1 leaves the activation out.

    Returns:
        The shape of `rows`.
    """

    def run(rows: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        centered = rows - averaged(rows, -1, keepdims=True)
        variance = averaged(tf.raw_ops.Square(x=centered), -1, keepdims=True)
        scale = tf.raw_ops.Rsqrt(x=variance + constant(EPSILON, rows.dtype))
        normal = centered * scale
        before = normal * gain + shift

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.raw_ops.LeakyReluGrad(gradients=upstream, features=before, alpha=slope)
            inner = upstream * gain
            along = averaged(inner * normal, -1, keepdims=True)
            d_rows = (inner - averaged(inner, -1, keepdims=True) - normal * along) * scale
            apart = gain.shape.rank == 3
            over = -2 if apart else list(range(rows.shape.rank - 1))
            d_gain = summed(upstream * normal, over, keepdims=apart)
            return [d_rows, d_gain, summed(upstream, over, keepdims=apart)]

        return tf.raw_ops.LeakyRelu(features=before, alpha=slope), gradient

    return written_out(run, rows, gain, shift)


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class LayerNorm(tf.keras.layers.Layer):
    """LayerNorm and LeakyReLU with a gain and a shift for every copy and unit.

    Args:
        slope: Negative slope of LeakyReLU; 1 leaves the activation out.
        gain: Initial value of the gain.

    Input and output shape: `[copies, rows, units]`
    """

    def __init__(self, *, slope: float = 1.0, gain: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._slope, self._initial_gain = slope, gain

    def build(self, shape: tf.TensorShape) -> None:
        """Makes gain and shift, `[copies, 1, units]`; raises ValueError for another rank than 3."""
        if shape.rank != 3:
            raise ValueError(f"{self.name}: rows must have rank 3, got rank {shape.rank} with shape {shape}.")
        each = [shape[0], 1, shape[-1]]
        self._gain = self.add_weight("gain", shape=each, initializer=tf.keras.initializers.Constant(self._initial_gain))
        self._shift = self.add_weight("shift", shape=each, initializer="zeros")
        super().build(shape)

    def call(self, rows: tf.Tensor, bias: tf.Tensor | None = None, blocks: tf.Tensor | None = None) -> tf.Tensor:
        """Normalizes each row by itself.

        Args:
            rows: `[copies, rows, units]`.
            bias: What is added to the rows first, `[copies, 1, units]`; with `blocks` alone.
            blocks: In how many blocks to take the rows (`normalize_in_blocks`), `[]`; None for all at once.
        """
        # As tensors: a gradient that is written out is one of tensors, not of a strategy's variables.
        gain, shift = map(tf.convert_to_tensor, (self._gain, self._shift))
        if blocks is None:
            return normalize(rows, gain, shift, slope=self._slope)
        return normalize_in_blocks(rows, bias, gain, shift, slope=self._slope, blocks=blocks)
