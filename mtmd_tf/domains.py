"""Partitions rows by domain, so that each domain expert runs on its own rows only (paper section 2.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf


class Partition(NamedTuple):
    """Where each row goes: made once a batch, used by every stage.

    Attributes:
        order: `[rows]` int32, the row that stands at each sorted place, domain 0 first.
        inverse: `[rows]` int32, the sorted place of each row.
        sizes: `[domains]` int32, rows of each domain.
    """

    order: tf.Tensor
    inverse: tf.Tensor
    sizes: tf.Tensor

    def split(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """`[rows, ...]` to one `[rows of the domain, ...]` per domain."""
        return self.split_sorted(tf.gather(rows, self.order))

    def split_sorted(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """As `split`, for rows that already stand in sorted order, as `tf.concat` of a split's parts does."""
        return tf.split(rows, self.sizes, num=self.sizes.shape[0])

    def restore(self, parts: Sequence[tf.Tensor]) -> tf.Tensor:
        """The inverse of `split`."""
        return tf.gather(tf.concat(parts, axis=0), self.inverse)


def partition(domain: tf.Tensor, *, domains: int) -> Partition:
    """Partitions rows by `domain`, keeping the order within each.

    Args:
        domain: `[rows]` int32 in `[0, domains)`.
        domains: Number of domains.

    Raises:
        ValueError: A domain of another rank.
        tf.errors.InvalidArgumentError: A domain outside the range (when run).
    """
    if domain.shape.rank not in (None, 1):
        raise ValueError(f"domain must have rank 1, got rank {domain.shape.rank} with shape {list(domain.shape)}.")
    parts = tf.dynamic_partition(tf.range(tf.shape(domain)[0]), domain, domains)
    order = tf.concat(parts, axis=0)
    sizes = tf.stack([tf.shape(part)[0] for part in parts])
    return Partition(order=order, inverse=tf.math.invert_permutation(order), sizes=sizes)
