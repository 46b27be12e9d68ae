"""Partitions rows by domain, so that each domain expert runs on its own rows only (paper section 2.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf.gradients import permuted, stacked_rows

SIZES = tuple((1 << power) * quarters for power in range(2, 28) for quarters in (4, 5, 6, 7))  # from 16 rows to 2^29

_BLOCK_ROWS = 128  # 512 units of them are a quarter of a megabyte: a few such tensors fit in a core's cache
_BLOCKS = tuple(1 << power for power in range(7))


class Partition(NamedTuple):
    """Where each row goes: made once a batch, used by every stage.

    Attributes:
        order: `[places]` int32, the row that stands at each sorted place, domain 0 first; as many places as rows, and
            where domains are padded, more, at which `rows` stands for a row of zeros.
        inverse: `[rows]` int32, the sorted place of each row.
        sizes: `[domains]` int32, places of each domain.
        padded: Whether there is padding.
        blocks: `[]` int32, a power of two that divides the places of each domain; None where nobody asked for it.
    """

    order: tf.Tensor
    inverse: tf.Tensor
    sizes: tf.Tensor
    padded: bool = False
    blocks: tf.Tensor | None = None

    def split(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """`[rows, ...]` to one `[places of the domain, ...]` per domain."""
        return self.split_sorted(permuted(rows, self.order, self.inverse, longer=self._longer))

    def split_sorted(self, rows: tf.Tensor) -> list[tf.Tensor]:
        """As `split`, for rows that already stand in sorted order, as `tf.concat` of a split's parts does."""
        return tf.split(rows, self.sizes, num=self.sizes.shape[0])

    def restore(self, parts: Sequence[tf.Tensor]) -> tf.Tensor:
        """The inverse of `split`."""
        return permuted(self.join_sorted(parts), self.inverse, self.order, longer=self._longer)

    @property
    def _longer(self) -> tf.Tensor | None:
        return self.order if self.padded else None

    def join_sorted(self, parts: Sequence[tf.Tensor]) -> tf.Tensor:
        """The inverse of `split_sorted`."""
        return stacked_rows(parts, self.sizes)


def partition(domain: tf.Tensor, *, domains: int, padded: bool = False, in_blocks: bool = False) -> Partition:
    """Partitions rows by `domain`, keeping the order within each.

    Args:
        domain: `[rows]` int32 in `[0, domains)`.
        domains: Number of domains.
        padded: Whether each domain gets rows of zeros up to the next of `SIZES`, so that batches differ in few sizes.
        in_blocks: Whether each domain gets as many rows of zeros as it takes to cut it into `blocks` equal blocks, of
            about 128 rows where domains are of one size.

    Raises:
        ValueError: A domain of another rank.
        tf.errors.InvalidArgumentError: A domain outside the range (when run).
    """
    if domain.shape.rank not in (None, 1):
        raise ValueError(f"domain must have rank 1, got rank {domain.shape.rank} with shape {list(domain.shape)}.")
    rows = tf.shape(domain)[0]
    parts = tf.dynamic_partition(tf.range(rows), domain, domains)
    blocks = _blocks(rows // domains) if in_blocks else None
    if padded or in_blocks:
        enough = [_enough(part) if blocks is None else _divisible(part, blocks) for part in parts]
        parts = [
            tf.pad(part, [[0, size - tf.size(part)]], constant_values=rows)
            for part, size in zip(parts, enough, strict=True)
        ]
    order = tf.concat(parts, axis=0)
    sizes = tf.stack([tf.shape(part)[0] for part in parts])
    if not (padded or in_blocks):
        return Partition(order=order, inverse=tf.math.invert_permutation(order), sizes=sizes)
    places = tf.tensor_scatter_nd_update(tf.zeros([rows + 1], tf.int32), order[:, None], tf.range(tf.size(order)))
    return Partition(order=order, inverse=places[:-1], sizes=sizes, padded=True, blocks=blocks)


def _blocks(rows: tf.Tensor) -> tf.Tensor:
    """Into how many blocks to cut about so many rows, `[]` each."""
    choices = tf.constant(_BLOCKS, tf.int32)
    return tf.gather(choices, tf.searchsorted(choices, [tf.maximum(rows // _BLOCK_ROWS, 1)], side="right")[0] - 1)


def _divisible(part: tf.Tensor, blocks: tf.Tensor) -> tf.Tensor:
    return (tf.size(part) + blocks - 1) // blocks * blocks


def _enough(part: tf.Tensor) -> tf.Tensor:
    sizes = tf.constant(SIZES, tf.int32)
    return tf.gather(sizes, tf.searchsorted(sizes, [tf.size(part)])[0])
