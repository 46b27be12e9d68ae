"""Domain adaptation: normalized numbers, missing values and gates, one domain's own (section 2.1.2, Figure 3)."""

import tensorflow as tf

from mtmd_tf.checks import require_rank
from mtmd_tf.gates import SqueezeExcite
from mtmd_tf.gradients import Gradient, constant, joined, summed, written_out
from mtmd_tf.normalization import Moments, RunningNorm, make_norm
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Indices, Link, Sharing, Weight, origin


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class ContinuousFields(tf.keras.layers.Layer):
    """Gives each normalized number one learned direction and offset: `field = x * direction + offset`.

    Args:
        dim: Width of a field.
        seed: The directions' seed.

    Input shape:  `[rows, features]`
    Output shape: `[rows, features, dim]`
    """

    def __init__(self, dim: int, *, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._dim = dim
        self._seed = seed
        self._link: Link | None = None

    def deviate(self, base: "ContinuousFields", *, sharing: Sharing, features: Indices) -> None:
        """From now on, before it is built, directions and offsets are those of `base`'s `features` plus deviations."""
        self._link = Link(base, sharing, {"features": features})

    def build(self, shape: tf.TensorShape) -> None:
        """Makes directions and offsets, `[features, dim]`."""
        each = [shape[-1], self._dim]
        start = tf.keras.initializers.RandomNormal(stddev=0.1, seed=self._seed)
        of_direction = origin(self._link, "_direction", "features", "dim")
        self._direction = Weight(self, "direction", shape=each, initializer=start, origin=of_direction)
        of_offset = origin(self._link, "_offset", "features", "dim")
        self._offset = Weight(self, "offset", shape=each, initializer="zeros", origin=of_offset)
        super().build(shape)

    def call(self, numbers: tf.Tensor) -> tf.Tensor:
        """Projects every number on its own."""
        require_rank(numbers, 2, name="numbers")
        return _directed(numbers, *map(tf.convert_to_tensor, (self._direction.value(), self._offset.value())))


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class DomainAdaptation(tf.keras.layers.Layer):
    """One domain's way from encoded features to fields that its experts read (Figure 3).

    Normalize the numbers, give them directions, put a learned default where a feature is missing, gate.

    Args:
        dim: Width of a field.
        reduction: Reduction factor of squeeze-and-excitation.
        activation: Activation of the gate of squeeze-and-excitation.
        own: Whether the domain has a normalization and gates of its own; without them, numbers come normalized and
            fields go ungated (section 3.4).
        moments: Moments by which numbers are normalized (`normalization.make_norm`).
        open_at_first: Whether every gate of squeeze-and-excitation starts at exactly 1.
        seed: Initial weights are derived from it and their names.

    Input shape:  mask `[rows, fields]`, embedded `[rows, embedded fields, dim]`, numbers `[rows, continuous fields]`
    Output shape: `[rows, fields, dim]`, embedded fields first
    """

    def __init__(
        self,
        dim: int,
        *,
        reduction: int = 2,
        activation: str = "sigmoid",
        own: bool = True,
        moments: str = "batch",
        open_at_first: bool = False,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._link: Link | None = None
        self._dim, self._own = dim, own
        if own:
            self._normalize = make_norm(moments, name="normalize")
        self._direct = ContinuousFields(dim, seed=derive_seed(seed, "direct"), name="direct")
        if own:
            self._excite = SqueezeExcite(
                reduction=reduction,
                activation=activation,
                open_at_first=open_at_first,
                seed=derive_seed(seed, "excite"),
                name="excite",
            )

    def deviate(
        self, base: "DomainAdaptation", *, sharing: Sharing, fields: tuple[int, ...], numbers: tuple[int, ...]
    ) -> None:
        """From now on, before it is built, all weights are `base`'s plus deviations; moments stay the domain's own.

        Args:
            base: Built before this layer is.
            sharing: How the domains of the tower share weights.
            fields: Positions of the domain's fields among the fields of the base.
            numbers: Positions of the domain's numbers among the continuous fields of the base.
        """
        self._link = Link(base, sharing, {"fields": fields})
        self._direct.deviate(base._direct, sharing=sharing, features=numbers)
        if self._own:
            self._excite.deviate(base._excite, sharing=sharing, fields=fields)

    def make_base(self, *, fields: int, numbers: int) -> None:
        """Makes what domains deviate from, of so many fields and continuous ones among them; no moments."""
        self._direct(tf.zeros([0, numbers]))
        self.build(tf.TensorShape([None, fields]))
        if self._own:
            self._excite(tf.zeros([0, fields, self._dim]), tf.zeros([0, fields]))

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the default of each missing field; `shape` is the mask's."""
        each, of_defaults = [shape[1], self._dim], origin(self._link, "_defaults", "fields", "dim")
        self._defaults = Weight(self, "defaults", shape=each, initializer="zeros", origin=of_defaults)
        super().build(shape)

    def call(
        self,
        mask: tf.Tensor,
        embedded: tf.Tensor,
        numbers: tf.Tensor,
        pooled: Moments | None = None,
        training: bool = False,
    ) -> tf.Tensor:
        """Adapts this domain's own rows; `pooled` are the moments of all domains' rows, where `moments` keeps any."""
        require_rank(mask, 2, name="mask")
        require_rank(embedded, 3, name="embedded")
        if self._own:
            present = mask[:, embedded.shape[1] :]
            others = {"pooled": pooled} if isinstance(self._normalize, RunningNorm) else {}
            numbers = self._normalize(numbers, present, training=training, **others)
        fields = joined([embedded, self._direct(numbers)], 1)  # [rows, fields, dim]
        fields = _filled(fields, mask, tf.convert_to_tensor(self._defaults.value()))
        return self._excite(fields, mask) if self._own else fields


def _directed(numbers: tf.Tensor, direction: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Numbers `[rows, features]` by directions and offsets `[features, dim]`: `[rows, features, dim]`."""

    def run(numbers: tf.Tensor, direction: tf.Tensor, offset: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        wide = tf.expand_dims(numbers, constant(2))

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            return [summed(upstream * direction, 2), summed(upstream * wide, 0), summed(upstream, 0)]

        return wide * direction + offset, gradient

    return written_out(run, numbers, direction, offset)


def _filled(fields: tf.Tensor, mask: tf.Tensor, defaults: tf.Tensor) -> tf.Tensor:
    """Fields `[rows, fields, dim]` where the mask `[rows, fields]` is above 0, else `defaults` `[fields, dim]`."""
    present = tf.expand_dims(mask, constant(2)) > constant(0.0, mask.dtype)

    def run(fields: tf.Tensor, defaults: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            nothing = constant(0.0, fields.dtype)
            d_defaults = summed(tf.raw_ops.SelectV2(condition=present, t=nothing, e=upstream), 0)
            return [tf.raw_ops.SelectV2(condition=present, t=upstream, e=nothing), d_defaults]

        return tf.raw_ops.SelectV2(condition=present, t=fields, e=defaults), gradient

    return written_out(run, fields, defaults)
