"""Indexed features to fields: look-ups, pooling and projections, shared by all domains (paper section 2.1.2)."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from mtmd_tf.blocks import Linear
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.two_rows import two_rows
from mtmd_tf.gradients import Gradient, constant, expanded, joined, squeezed, written_out
from mtmd_tf.seeds import derive_seed


class Encoded(NamedTuple):
    """What domain adaptation starts from.

    Attributes:
        embedded: `[rows, categorical + ragged + dense fields, dim]`.
        numbers: `[rows, continuous fields]`, not yet normalized.
        mask: `[rows, fields]` float32.
    """

    embedded: tf.Tensor
    numbers: tf.Tensor
    mask: tf.Tensor


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Encoder(tf.keras.layers.Layer):
    """Looks up tokens, pools bags and projects vectors to fields of `dim`.

    Args:
        layout: Fields of the side.
        dim: Width of a field.
        admission: Whether rows of the table can stand for others (`features.admission`); at first each for itself.
        most_rows: The most rows of the table; where the ids are more, each has two rows of `dim / 2` in a table of
            twice as many, which all fields share (`features.two_rows`). 0 gives every id its own.
        seed: Seed of the initial weights, together with their names.

    Input:         a `Side` of `rows` rows, or a `FlatSide`
    Output shapes: those of `Encoded`
    """

    def __init__(
        self,
        layout: SideLayout,
        *,
        dim: int,
        admission: bool = False,
        most_rows: int = 0,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._layout, self.dim, self._admission, self._most_rows, self._seed = layout, dim, admission, most_rows, seed
        self._projections = [
            Linear([feature.name], units=dim, seed=derive_seed(seed, "projection"), name=f"project_{feature.name}")
            for feature in layout.of_kind("dense")
        ]
        initializer = tf.keras.initializers.RandomNormal(stddev=0.1, seed=derive_seed(seed, f"{layout.side}_table"))
        ids = max(layout.table_rows, 1)
        self.halved = 0 < most_rows < ids
        shape = [2 * most_rows, dim // 2] if self.halved else [ids, dim]
        self.table = self.add_weight(f"{layout.side}_table", shape=shape, initializer=initializer)
        if admission:
            each = tf.keras.initializers.Constant(np.arange(ids))
            self.stands_for = self.add_weight(
                "stands_for", shape=[ids], dtype=tf.int64, initializer=each, trainable=False
            )

    def call(self, side: Side | FlatSide) -> Encoded:
        """Encodes `rows` rows; masked places hold what nothing downstream reads."""
        if isinstance(side, FlatSide):
            return self._encode_flat(side)
        fields = [self._look_up(side.tokens)] if self._layout.of_kind("categorical") else []
        for feature, bag in zip(self._layout.of_kind("ragged"), side.bags, strict=True):
            pooled = pool(self._look_up(bag.flat_values), bag.row_splits, mean=feature.combiner == "mean")
            fields.append(expanded(pooled, 1))  # [rows, 1, dim]
        for project, vector in zip(self._projections, side.vectors, strict=True):
            fields.append(expanded(squeezed(project(vector), 0), 1))  # [rows, 1, dim]
        embedded = joined(fields, 1) if fields else tf.zeros([tf.shape(side.mask)[0], 0, self.dim])
        return Encoded(embedded=embedded, numbers=side.numbers, mask=side.mask)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"layout": self._layout.to_dict(), "dim": self.dim, "seed": self._seed}
        return super().get_config() | own | {"admission": self._admission, "most_rows": self._most_rows}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Encoder":
        """The layer of a `get_config`."""
        return cls(**config | {"layout": SideLayout.from_dict(config["layout"])})

    def _look_up(self, tokens: tf.Tensor) -> tf.Tensor:
        """Rows of the table, or those that stand for them: `[..., dim]`."""
        ids = tf.gather(self.stands_for, tokens) if self._admission else tokens
        if not self.halved:
            return tf.gather(self.table, ids)
        halves = two_rows(ids, 2 * self._most_rows)
        return tf.concat([tf.gather(self.table, rows) for rows in halves], axis=-1)

    def _encode_flat(self, side: FlatSide) -> Encoded:
        fields = []
        if side.index.shape[1]:
            looked_up = self._look_up(side.tokens)  # [tokens, dim]
            total = tf.math.unsorted_segment_sum(looked_up, side.segment, side.segments)  # [segments, dim]
            fields.append(tf.gather(total, side.index) * side.scale[:, :, None])  # [rows, token fields, dim]
        if side.vectors:
            projected = [project(own)[0] for project, own in zip(self._projections, side.vectors, strict=True)]
            fields.append(tf.gather(tf.concat(projected, axis=0), side.vector_index))  # [rows, dense fields, dim]
        embedded = tf.concat(fields, axis=1) if fields else tf.zeros([tf.shape(side.mask)[0], 0, self.dim])
        return Encoded(embedded=embedded, numbers=side.numbers, mask=side.mask)


def pool(values: tf.Tensor, splits: tf.Tensor, *, mean: bool) -> tf.Tensor:
    """The sum, or the mean, of the vectors of each bag; 0 of an empty one.

    Args:
        values: Vectors of all bags, one bag after another, `[values, dim]`.
        splits: Where each bag begins, and where the last ends, `[rows + 1]` int64.
        mean: Whether it is the mean.

    Returns:
        `[rows, dim]`.
    """
    places = tf.range(tf.size(values[:, 0], tf.int64))
    row = tf.raw_ops.UpperBound(sorted_inputs=splits[None], values=places[None])[0] - constant(1)  # [values]
    sizes = splits[1:] - splits[:-1]
    count = tf.cast(tf.maximum(sizes, constant(1, tf.int64)), values.dtype)[:, None] if mean else None

    def run(values: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        total = tf.math.unsorted_segment_sum(values, row, tf.size(sizes))

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            return [tf.gather(upstream if count is None else upstream / count, row)]

        return total if count is None else total / count, gradient

    return written_out(run, values)
