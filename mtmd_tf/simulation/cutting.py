"""The cut: which candidates the lightweight ranker hands on, from all ads together or shard by shard (section 2.2)."""

import dataclasses

import numpy as np

from mtmd_tf.simulation.draws import hashed, key_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cut:
    """What is handed on of `[requests, keep]`.

    Attributes:
        indices: Indices of candidates, ascending.
        kept: Bool, False where fewer candidates could be handed on.
    """

    indices: np.ndarray
    kept: np.ndarray


def cut(worth: np.ndarray, *, keep: int, shard: np.ndarray | None = None, shards: int = 1) -> Cut:
    """Keeps the best.

    Args:
        worth: `[requests, candidates]`, -inf for what cannot be handed on.
        keep: How many are kept of each request.
        shard: `[requests, candidates]` shard of each; each then hands on its own best, an equal share of `keep`.
        shards: Number of shards.
    """
    if shard is None:
        return _best(worth, keep)
    quota = np.full(shards, keep // shards) + (np.arange(shards) < keep % shards)
    own = [_best(np.where(shard == number, worth, -np.inf), count) for number, count in enumerate(quota.tolist())]
    indices, kept = (np.concatenate([getattr(part, name) for part in own], axis=1) for name in ("indices", "kept"))
    order = np.argsort(indices, axis=1, kind="stable")
    return Cut(indices=_at(indices, order), kept=_at(kept, order))


def shard_of(ad: np.ndarray, shards: int) -> np.ndarray:
    """The shard, `[...]`, that each of the ads `[...]` lies in."""
    return (hashed(key_of(0, "shard"), ad) % np.uint64(shards)).astype(np.int64)


def _best(worth: np.ndarray, count: int) -> Cut:
    count = min(count, worth.shape[1])
    if count == 0:
        return Cut(indices=np.zeros((len(worth), 0), np.int64), kept=np.zeros((len(worth), 0), dtype=bool))
    indices = np.sort(np.argpartition(-worth, count - 1, axis=1)[:, :count], axis=1)
    return Cut(indices=indices, kept=_at(worth, indices) > -np.inf)


def _at(values: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, indices, axis=1)
