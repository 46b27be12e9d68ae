"""A tower whose parts are traced once and shared by all signatures (paper section 2.2, docs/adr/0017)."""

from collections.abc import Callable

import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.domains import partition
from mtmd_tf.embedding import by_task, side_by_side
from mtmd_tf.exporting.freezing import Frozen
from mtmd_tf.features.batch import FlatSide, Side, batch_spec
from mtmd_tf.features.fields import Encoded
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.towers import Embeddings


class FrozenTower:
    """Answers as its tower does, by copies of two kinds of parts: the encoder, and one domain's way from fields on.

    Args:
        tower: Tower with its variables made.
    """

    def __init__(self, tower: AnyTower) -> None:
        self.tower = tower
        self._encoders: dict[type, Frozen] = {FlatSide: Frozen(self._encode, [flat_spec(tower.layout)])}
        self.encoded_spec = _encoded_spec(tower)
        self._domains = {name: Frozen(self._domain(name), [self.encoded_spec]) for name in tower.domains}

    @property
    def captured(self) -> list[tf.Tensor]:
        """Handles `[]` of the variables that copies reach."""
        parts = (*self._encoders.values(), *self._domains.values())
        return [tensor for part in parts for tensor in part.captured]

    def embed_domain(self, side: FlatSide | Side, domain: str) -> Embeddings:
        """Rows that are all of one `domain` to `{task: [rows, width]}`."""
        return self._domains[domain](self.encode(side))

    def __call__(self, side: FlatSide | Side, domain: tf.Tensor) -> Embeddings:
        """Rows of all domains to `{task: [rows, width]}`, zeros where a task does not exist in a row's domain.

        Args:
            side: `rows` indexed rows.
            domain: `[rows]` int32, index into the domains.
        """
        parts = partition(domain, domains=len(self._domains))
        own = zip(*(parts.split(tensor) for tensor in self.encode(side)), strict=True)
        embedded = [
            side_by_side(embed(Encoded(*rows)), self.tower.widths)
            for embed, rows in zip(self._domains.values(), own, strict=True)
        ]
        return by_task(parts.restore(embedded), self.tower.widths)

    def encode(self, side: FlatSide | Side) -> Encoded:
        """The tower's encoder, traced at the first call with each kind of side; both reach the same variables."""
        kind = type(side)
        if kind not in self._encoders:
            self._encoders[kind] = Frozen(self._encode, [batch_spec(side)])
        return self._encoders[kind](side)

    def _encode(self, side: FlatSide | Side) -> Encoded:
        return self.tower.encode(side, training=False)

    def _domain(self, name: str) -> Callable[[Encoded], Embeddings]:
        return lambda encoded: self.tower.embed_encoded(encoded, name)


def flat_spec(layout: SideLayout) -> FlatSide:
    """The types of a side of any number of rows and tokens."""
    listed = len(layout.of_kind("categorical")) + len(layout.of_kind("ragged"))
    dense = layout.of_kind("dense")
    return FlatSide(
        tokens=tf.TensorSpec([None], tf.int64),
        segment=tf.TensorSpec([None], tf.int32),
        segments=tf.TensorSpec([], tf.int32),
        index=tf.TensorSpec([None, listed], tf.int32),
        scale=tf.TensorSpec([None, listed], tf.float32),
        vectors=tuple(tf.TensorSpec([None, feature.size], tf.float32) for feature in dense),
        vector_index=tf.TensorSpec([None, len(dense)], tf.int32),
        numbers=tf.TensorSpec([None, len(layout.of_kind("continuous"))], tf.float32),
        mask=tf.TensorSpec([None, len(layout.features)], tf.float32),
    )


def _encoded_spec(tower: AnyTower) -> Encoded:
    fields, numbers = len(tower.layout.features), len(tower.layout.of_kind("continuous"))
    return Encoded(
        embedded=tf.TensorSpec([None, fields - numbers, tower.encoder.dim], tf.float32),
        numbers=tf.TensorSpec([None, numbers], tf.float32),
        mask=tf.TensorSpec([None, fields], tf.float32),
    )
