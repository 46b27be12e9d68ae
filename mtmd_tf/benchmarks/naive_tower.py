"""A tower as one would export it without a thought for domains: every expert for every row, then select.

It is what the per-surface signatures are measured against (docs/measurements.md); nothing serves it.
"""

import tensorflow as tf

from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.towers import Embeddings, Tower


class NaiveTower:
    """Answers as `Tower` does, from the same weights and layers; only the way of choosing differs.

    Args:
        tower: With its variables made.
        shared_once: The domain-shared expert reads what a domain's own adaptation makes, so that it runs once a domain.
            With this, less naively, it runs once: the row's own fields are selected before it, and again after the
            experts.
    """

    def __init__(self, tower: Tower, *, shared_once: bool = False) -> None:
        self._tower, self._shared_once = tower, shared_once
        self.name, self.layout, self.domains, self.widths = tower.name, tower.layout, tower.domains, tower.widths
        self.weights, self.submodules = tower.weights, tower.submodules

    def __call__(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> Embeddings:
        """As of `Tower`, for serving only."""
        if not self._shared_once:
            every = [self._tower.concatenate(self._tower.embed_domain(side, name)) for name in self.domains]
            return self._tower.split_tasks(_select(every, domain))
        tower, experts = self._tower, self._tower.experts
        encoded = tower.encode(side, training=training)
        adapted = {name: tower.adapt(name, encoded, training=training) for name in experts}
        unions = [tower.union(name, rows, encoded.mask) for name, rows in adapted.items()]
        shared = tower.domain_shared(_select(unions, domain))[0]
        embedded = [tower.concatenate(expert(adapted[name], shared)) for name, expert in experts.items()]
        return tower.split_tasks(_select(embedded, domain))

    def embed_domain(self, side: Side | FlatSide, domain: str) -> Embeddings:
        """As of `Tower`."""
        return self._tower.embed_domain(side, domain)


def _select(rows: list[tf.Tensor], domain: tf.Tensor) -> tf.Tensor:
    """`[domains][rows, width]` to each row's own domain's: `[rows, width]`."""
    return tf.gather(tf.stack(rows, axis=1), domain, axis=1, batch_dims=1)
