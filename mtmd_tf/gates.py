"""Squeeze-and-excitation over fields (paper section 2.1.2, Figure 3)."""

import tensorflow as tf

from mtmd_tf.blocks import Linear
from mtmd_tf.checks import require_choice, require_rank
from mtmd_tf.config import GATE_ACTIVATIONS
from mtmd_tf.gradients import Gradient, averaged, constant, joined, squeezed, summed, written_out
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Link, Sharing


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class SqueezeExcite(tf.keras.layers.Layer):
    """Scales each field by how much this domain cares about it (section 2.1.2, Figure 3).

        gate = 2 * sigmoid(W2 relu(W1 [mean(x); mask]))         (`activation="sigmoid"`)
        gate = relu(1 + W2 relu(W1 [mean(x); mask]))            (`activation="relu"`)
        y    = gate * x

    Either gate starts near 1; a ReLU's can close for good.

    Args:
        reduction: How many times narrower the bottleneck is than the fields.
        activation: The gate's last, `sigmoid` or `relu`.
        open_at_first: Every gate starts at exactly 1, not only near it.
        seed: The kernels' seeds are derived from it.

    Input shape:  `[rows, fields, dim]`, mask `[rows, fields]`
    Output shape: `[rows, fields, dim]`
    """

    def __init__(
        self,
        *,
        reduction: int = 2,
        activation: str = "sigmoid",
        open_at_first: bool = False,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_choice(activation, GATE_ACTIVATIONS, what="activation")
        self._reduction = reduction
        self._activation = activation
        self._open_at_first = open_at_first
        self._seed = seed
        self._link: Link | None = None

    def deviate(self, base: "SqueezeExcite", *, sharing: Sharing, fields: tuple[int, ...]) -> None:
        """From now on, before it is built, the gates are those of `base`'s `fields` plus deviations."""
        self._link = Link(base, sharing, {"fields": fields})

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the two linear maps."""
        self.fields = shape[1]
        fields = self.fields if self._link is None else self._link.base.fields
        narrow = max(fields // self._reduction, 1)
        self._squeeze = Linear(["gate"], units=narrow, seed=derive_seed(self._seed, "squeeze"), name="squeeze")
        # Small before a ReLU, so that no gate starts closed.
        scale = 0.0 if self._open_at_first else 1.0 if self._activation == "sigmoid" else 0.01
        seed = derive_seed(self._seed, "excite")
        self._excite = Linear(["gate"], units=shape[1], scale=scale, seed=seed, name="excite")
        if self._link is not None:
            base, sharing, own = self._link.base, self._link.sharing, tuple(self._link.indices["fields"] or ())
            self._squeeze.deviate(base._squeeze, sharing=sharing, inputs=(*own, *(fields + place for place in own)))
            self._excite.deviate(base._excite, sharing=sharing, outputs=own)
        super().build(shape)

    def gate(self, fields: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """`[rows, fields]` in (0, 2), or from 0 with a ReLU: above 1 amplifies."""
        narrow = self._squeeze(joined([_mean(fields), mask], 1))
        excited = squeezed(self._excite(tf.nn.relu(narrow)), 0)
        return _twice_sigmoid(excited) if self._activation == "sigmoid" else tf.nn.relu(1.0 + excited)

    def call(self, fields: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Gates every field."""
        require_rank(fields, 3, name="fields")
        require_rank(mask, 2, name="mask")
        return _gated(self.gate(fields, mask), fields)


def _mean(fields: tf.Tensor) -> tf.Tensor:
    """`[rows, fields, dim]` to the mean of each field, `[rows, fields]`."""

    def run(fields: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            share = tf.expand_dims(upstream / constant(float(fields.shape[2]), fields.dtype), constant(2))
            return [tf.broadcast_to(share, tf.shape(fields))]

        return averaged(fields, 2), gradient

    return written_out(run, fields)


def _twice_sigmoid(excited: tf.Tensor) -> tf.Tensor:
    def run(excited: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        half, two = tf.raw_ops.Sigmoid(x=excited), constant(2.0, excited.dtype)
        return two * half, lambda upstream: [tf.raw_ops.SigmoidGrad(y=half, dy=two * upstream)]

    return written_out(run, excited)


def _gated(gate: tf.Tensor, fields: tf.Tensor) -> tf.Tensor:
    """Each of the fields `[rows, fields, dim]` by its gate `[rows, fields]`."""

    def run(gate: tf.Tensor, fields: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        wide = tf.expand_dims(gate, constant(2))
        return wide * fields, lambda upstream: [summed(upstream * fields, 2), upstream * wide]

    return written_out(run, gate, fields)
