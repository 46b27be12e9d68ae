"""Crossing: LayerNorm, then low-rank DCN-v2 (paper sections 2.1.5 and 3.4)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.blocks import Linear
from mtmd_tf.checks import require_choice, require_rank
from mtmd_tf.config import NORMALIZATIONS
from mtmd_tf.gradients import Gradient, summed, written_out
from mtmd_tf.layer_norm import LayerNorm
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Link, Sharing


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Crossing(tf.keras.layers.Layer):
    """Crosses the composed expert outputs with themselves, for each task.

        x0 = LayerNorm(x)
        y  = x0 * (U (V' x0) + b) + x0

    With `normalization="post"`, x0 = x and LayerNorm is applied to y; with `"none"` there is no LayerNorm.

    Args:
        tasks: Names of the tasks, with one crossing each.
        projection: Rank of U and V.
        normalization: `pre`, `post` or `none`.
        side_by_side: Run all tasks' crossings in one product (`Crosses`), as domains that share them need; otherwise
            each is a `tfrs.layers.dcn.Cross`.
        seed: The kernels' seeds are derived from it and the task.

    Input and output shape: `[tasks, rows, units]`
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        projection: int = 32,
        normalization: str = "pre",
        side_by_side: bool = False,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        require_choice(normalization, NORMALIZATIONS, what="normalization")
        self._tasks, self._normalization, self._side_by_side = len(tasks), normalization, side_by_side
        if normalization != "none":
            self._normalize = LayerNorm(name="normalize")
        self._crosses: Any
        if side_by_side:
            self._crosses = Crosses(tasks, rank=projection, seed=derive_seed(seed, "crosses"), name="crosses")
        else:
            self._crosses = [_cross(task, projection=projection, seed=derive_seed(seed, task)) for task in tasks]

    def make_base(self, units: int) -> None:
        """Makes the maps alone, for others to deviate from, of so many units; side by side only."""
        nothing = tf.zeros([self._tasks, 0, units])
        self._crosses(nothing, nothing)

    def deviate(self, base: "Crossing", *, sharing: Sharing) -> None:
        """From now on, before it is built, the maps are `base`'s of the same tasks plus deviations."""
        self._crosses.deviate(base._crosses, sharing=sharing)

    def call(self, composed: tf.Tensor) -> tf.Tensor:
        """Normalizes and crosses."""
        require_rank(composed, 3, name="composed")
        x0 = self._normalize(composed) if self._normalization == "pre" else composed  # [tasks, rows, units]
        if self._side_by_side:
            crossed = self._crosses(x0, x0)
        else:
            each = tf.unstack(x0, num=len(self._crosses))
            crossed = tf.stack([cross(rows) for cross, rows in zip(self._crosses, each, strict=True)])
        return self._normalize(crossed) if self._normalization == "post" else crossed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Crosses(tf.keras.layers.Layer):
    """`tfrs.layers.dcn.Cross` for several experts in one matrix product.

        y = x0 * (W x + b) + x              full rank
        y = x0 * (U (V' x + a) + b) + x     low rank

    Args:
        copies: Names of the crossings.
        rank: Rank of U and V; 0 for the full matrix W.
        seed: Initial weights are derived from it and the copy's name.

    Input shape:  x0 `[1 or copies, rows, units]`, x likewise
    Output shape: `[copies, rows, units]`
    """

    def __init__(self, copies: Sequence[str], *, rank: int = 0, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._copies, self._rank, self._seed = tuple(copies), rank, seed
        self._link: Link | None = None

    def deviate(self, base: "Crosses", *, sharing: Sharing) -> None:
        """From now on, before it is built, the crossings are `base`'s of the same copies plus deviations."""
        self._link = Link(base, sharing)

    def build(self, shape: tf.TensorShape) -> None:
        """Makes W, or V and U; each starts small, so that a crossing starts near what it is given."""
        copies, rank, seed = self._copies, self._rank, self._seed
        self._maps = []
        for name, units in (("down", rank), ("up", shape[-1])) if rank else (("full", shape[-1]),):
            self._maps.append(Linear(copies, units=units, scale=0.25, seed=derive_seed(seed, name), name=name))
        if self._link:
            for own, shared in zip(self._maps, self._link.base._maps, strict=True):
                own.deviate(shared, sharing=self._link.sharing)
        super().build(shape)

    def call(self, x0: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """Crosses x with x0."""
        require_rank(x0, 3, name="x0")
        require_rank(x, 3, name="x")
        mapped = x
        for linear in self._maps:
            mapped = linear(mapped)  # [copies, rows, rank], then [copies, rows, units]
        return _crossed(x0, mapped, x)


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class SeededByShape(tf.keras.initializers.Initializer):
    """A truncated normal whose seed depends on the shape too.

    `Cross` clones one initializer for U and V: with a plain seed, both would start from the same numbers.
    """

    def __init__(self, *, seed: int, stddev: float = 0.05) -> None:
        self._seed = seed
        self._stddev = stddev

    def __call__(self, shape: Sequence[int], dtype: tf.DType = tf.float32, **_) -> tf.Tensor:
        """Draws values of shape `[*shape]`."""
        seed = derive_seed(self._seed, str(tuple(shape)))
        return tf.random.stateless_truncated_normal(shape, [seed, 0], stddev=self._stddev, dtype=dtype)

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {"seed": self._seed, "stddev": self._stddev}


def _cross(task: str, *, projection: int, seed: int) -> tfrs.layers.dcn.Cross:
    initializer = SeededByShape(seed=seed)
    return tfrs.layers.dcn.Cross(projection_dim=projection, kernel_initializer=initializer, name=f"cross_{task}")


def _crossed(x0: tf.Tensor, mapped: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """`x0 * mapped + x`, each `[copies, rows, units]`; x0 and x can be `[1, rows, units]`."""

    def run(x0: tf.Tensor, mapped: tf.Tensor, x: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def of(tensor: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
            return gradient if tensor.shape[0] == mapped.shape[0] else summed(gradient, 0, keepdims=True)

        return x0 * mapped + x, lambda upstream: [of(x0, upstream * mapped), upstream * x0, of(x, upstream)]

    return written_out(run, x0, mapped, x)
