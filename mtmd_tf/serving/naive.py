"""A tower as one would export it without a thought for domains: every expert for every row, then select.

It is what the per-surface signatures are measured against (docs/measurements.md); nothing serves it.
"""

import tensorflow as tf

from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.towers import Embeddings, Tower


class NaiveTower:
    """Answers as `Tower` does, from the same weights and layers; only the way of choosing differs.

    The domain-shared expert, which reads what a domain's own adaptation makes, still runs once a row: every domain
    adapts every row, the row's own union of fields is selected, then every domain's expert embeds every row, and the
    row's own embedding is selected.

    Args:
        tower: With its variables made.
    """

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self.name, self.layout, self.domains, self.widths = tower.name, tower.layout, tower.domains, tower.widths
        self.weights = tower.weights

    def __call__(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> Embeddings:
        """As of `Tower`, for serving only."""
        tower, experts = self._tower, self._tower.experts
        encoded = tower.encode(side, training=training)
        adapted = {name: expert.adapt(encoded, training=training) for name, expert in experts.items()}
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
