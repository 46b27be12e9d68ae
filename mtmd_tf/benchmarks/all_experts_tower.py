"""A tower that runs every expert on every row and then selects, as a plain export would.

It is what the per-surface signatures are measured against (docs/performance.md); nothing serves it.
"""

from collections.abc import Sequence
from typing import cast

import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.embedding import by_task, side_by_side
from mtmd_tf.exporting.freezing import Frozen
from mtmd_tf.exporting.frozen_tower import FrozenTower
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoded
from mtmd_tf.towers import Embeddings, Tower


class AllExpertsTower(FrozenTower):
    """Answers as `FrozenTower` does, from the same weights and layers; only the way of choosing differs.

    Args:
        tower: Tower with domain experts, with its variables made.
        shared_once: The domain-shared expert reads what a domain's own adaptation makes, so that it runs once a domain.
            With this, it runs once: the row's own fields are selected before it, and again after the
            experts.
    """

    def __init__(self, tower: AnyTower, *, shared_once: bool = False) -> None:
        super().__init__(tower)
        every = _every_expert_shared_once if shared_once else _every_expert
        own = cast(Tower, tower)
        specs = [self.encoded_spec, tf.TensorSpec([None], tf.int32)]
        self._every = Frozen(lambda encoded, domain: every(own, encoded, domain), specs)

    @property
    def captured(self) -> list[tf.Tensor]:
        """Handles `[]` of the variables that copies reach, those of every expert included."""
        return [*super().captured, *self._every.captured]

    def __call__(self, side: FlatSide | Side, domain: tf.Tensor) -> Embeddings:
        """Rows of all domains to `{task: [rows, width]}`, as `FrozenTower` does."""
        return by_task(self._every(self.encode(side), domain), self.tower.widths)


def _every_expert(tower: Tower, encoded: Encoded, domain: tf.Tensor) -> tf.Tensor:
    """`[rows, all tasks' widths]`."""
    every = [side_by_side(tower.embed_encoded(encoded, name), tower.widths) for name in tower.domains]
    return _select(every, domain)


def _every_expert_shared_once(tower: Tower, encoded: Encoded, domain: tf.Tensor) -> tf.Tensor:
    """`[rows, all tasks' widths]`."""
    adapted = {name: tower.adapt(name, encoded, training=False) for name in tower.experts}
    unions = [tower.union(name, rows, encoded.mask) for name, rows in adapted.items()]
    shared = tower.domain_shared(_select(unions, domain))[0]
    embedded = [side_by_side(expert(adapted[name], shared), tower.widths) for name, expert in tower.experts.items()]
    return _select(embedded, domain)


def _select(rows: Sequence[tf.Tensor], domain: tf.Tensor) -> tf.Tensor:
    """`[domains][rows, width]` to each row's own domain's: `[rows, width]`."""
    return tf.gather(tf.stack(rows, axis=1), domain, axis=1, batch_dims=1)
