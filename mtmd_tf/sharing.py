"""What a tower's domains share: a domain's weight is a base plus its own deviation, zero at first (docs/adr/0028)."""

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from mtmd_tf.gradients import picked
from mtmd_tf.low_rank import deviated

Indices = Sequence[int] | None  # of one axis of a base: those that a domain has, ascending; None for all


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sharing:
    """How a domain's weights follow from the base.

        additive:       base + scale * own
        multiplicative: base * (1 + scale * own)   (STAR, arXiv 2101.11427)
        low_rank:       base + scale * down @ up   (as LoRA's alpha / r, arXiv 2106.09685)

    This is of kernels. Every other weight is base + own.

    Attributes:
        form: `additive`, `multiplicative` or `low_rank`.
        rank: Rank of `down` and `up`.
        scale: How fast a deviation can grow beside the base: Adam's steps are of one size whatever the gradient's is.
        seed: `down` starts from it.
    """

    form: str = "additive"
    rank: int = 8
    scale: float = 1.0
    seed: int = 0


class Origin(NamedTuple):
    """Where a domain's weight comes from.

    Attributes:
        base: Base of the tower; it must have been made before.
        indices: For each axis of the base, what of it the domain has.
        sharing: How the two meet.
    """

    base: "Weight"
    indices: tuple[Indices, ...]
    sharing: Sharing


@dataclasses.dataclass(frozen=True)
class Link:
    """What a layer deviates from. No tuple: Keras would take the base in it for a part of the layer.

    Attributes:
        base: A layer of the same class, built before the other is.
        sharing: How the domains of the tower share weights.
        indices: Positions of the layer in the base, by the name of an axis; an axis that is left out is whole.
    """

    base: Any
    sharing: Sharing
    indices: Mapping[str, Indices] = dataclasses.field(default_factory=dict)


def origin(link: Link | None, weight: str, *axes: str) -> Origin | None:
    """Where the layer's `weight`, an attribute, comes from, its axes named in order; None without a link."""
    if link is None:
        return None
    return Origin(getattr(link.base, weight), tuple(link.indices.get(axis) for axis in axes), link.sharing)


class Weight:
    """A weight of a layer: its own variable, or a base with a deviation of its own.

    Args:
        layer: The variables are added to it.
        name: Name of the variable.
        shape: Shape of the weight.
        initializer: Initializer of a weight without an origin; a deviation starts at zero.
        origin: The base that it deviates from, or None.
    """

    def __init__(
        self, layer: tf.keras.layers.Layer, name: str, *, shape: Sequence[int], initializer: Any, origin: Origin | None
    ) -> None:
        self._origin, self._folded = origin, None
        self.shape = tuple(shape)
        self._kernel = name == "kernel"
        self._low_rank = origin is not None and origin.sharing.form == "low_rank" and self._kernel
        if origin is None:
            self._own = [layer.add_weight(name, shape=shape, initializer=initializer)]
            return
        if not self._low_rank:
            self._own = [layer.add_weight(name, shape=shape, initializer="zeros")]
            return
        *outer, inputs, units = shape
        rank = min(origin.sharing.rank, inputs, units)
        start = tf.keras.initializers.RandomNormal(stddev=inputs**-0.5, seed=origin.sharing.seed)
        self._own = [
            layer.add_weight(f"{name}_down", shape=[*outer, inputs, rank], initializer=start),
            layer.add_weight(f"{name}_up", shape=[*outer, rank, units], initializer="zeros"),
        ]

    @property
    def deviates(self) -> bool:
        """Whether there is a base."""
        return self._origin is not None

    @property
    def own(self) -> list[tf.Variable]:
        """The variables of this weight alone, of any shape `[...]`."""
        return self._own

    def value(self) -> tf.Tensor | tf.Variable:
        """The weight, `[*shape]`, for a layer to use."""
        if self._folded is not None:
            return self._folded
        if self._origin is None:
            return self._own[0]
        base = self.base()
        if self._low_rank:
            return deviated(base, tf.convert_to_tensor(self._own[0]), self._scaled())
        return base + self.deviation(base)

    def base(self) -> tf.Tensor:
        """The domain's part of the base, `[*shape]`."""
        origin = self._require_origin()
        value = tf.convert_to_tensor(origin.base.value())
        for axis, indices in enumerate(origin.indices):
            value = picked(value, indices, axis=axis)
        return value

    def deviation(self, base: tf.Tensor) -> tf.Tensor:
        """The difference of the weight from `base`, `[*shape]`."""
        own = self._scaled()
        if self._low_rank:
            return tf.matmul(self._own[0], own)
        return base * own if self._kernel and self._require_origin().sharing.form == "multiplicative" else own

    def _scaled(self) -> tf.Tensor:
        """The variable that a deviation is of first degree in, times the scale."""
        scale = self._require_origin().sharing.scale
        own = tf.convert_to_tensor(self._own[-1])
        if self._kernel and scale != 1:
            own *= tf.cast(scale, own.dtype)  # of a low rank the small factor, not the whole kernel
        return own

    def _require_origin(self) -> Origin:
        if self._origin is None:
            raise ValueError(f"{self._own[0].name} deviates from no base.")
        return self._origin

    def fold(self) -> tf.Variable:
        """Makes the weight one plain variable, `[*shape]`, of its present value; `unfold` ends it."""
        value = tf.convert_to_tensor(self.value())
        self._folded = tf.Variable(value, trainable=False, name=self._own[0].name.partition(":")[0])
        return self._folded

    def unfold(self) -> None:
        """The weight follows its base and its deviation again."""
        self._folded = None


def deviations(module: tf.Module) -> list[Weight]:
    """Every weight of the module's layers that deviates from a base."""
    found = [
        value
        for layer in (module, *module.submodules)
        for value in vars(layer).values()
        if isinstance(value, Weight) and value.deviates
    ]
    return list({id(weight): weight for weight in found}.values())


def served(module: tf.Module) -> list[tuple[str, int]]:
    """Name and size of each weight that a server of the module has: a base and its deviation are one."""
    apart = deviations(module)
    own = {id(variable) for weight in apart for variable in weight.own}
    whole = [(v.name, v.shape.num_elements()) for v in module.weights if id(v) not in own]
    return whole + [(weight.own[0].name, math.prod(weight.shape)) for weight in apart]


@contextlib.contextmanager
def folded(module: tf.Module) -> Iterator[list[tf.Variable]]:
    """Folds every base and deviation into one variable, `[*shape]`, while it lasts; gives these variables."""
    weights = deviations(module)
    try:
        yield [weight.fold() for weight in weights]
    finally:
        for weight in weights:
            weight.unfold()


def indices_of(names: Sequence[str], *, among: Sequence[str]) -> tuple[int, ...]:
    """Where each of the names is among the base's."""
    return tuple(among.index(name) for name in names)
