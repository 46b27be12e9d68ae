"""The cut: which candidates the lightweight ranker hands on, from all ads together or shard by shard (section 2.2)."""

import dataclasses

import numpy as np

from mtmd_tf.simulation.draws import hashed, key_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cut:
    """What is handed on of `[requests, keep]`.

    Attributes:
        places: Places among the candidates, ascending.
        kept: Bool, False where fewer candidates could be handed on.
    """

    places: np.ndarray
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
    places, kept = (np.concatenate([getattr(part, name) for part in own], axis=1) for name in ("places", "kept"))
    order = np.argsort(places, axis=1, kind="stable")
    return Cut(places=_at(places, order), kept=_at(kept, order))


def shard_of(ad: np.ndarray, shards: int) -> np.ndarray:
    """The shard, `[...]`, that each of the ads `[...]` lies in."""
    return (hashed(key_of(0, "shard"), ad) % np.uint64(shards)).astype(np.int64)


def _best(worth: np.ndarray, count: int) -> Cut:
    count = min(count, worth.shape[1])
    if count == 0:
        return Cut(places=np.zeros((len(worth), 0), np.int64), kept=np.zeros((len(worth), 0), dtype=bool))
    places = np.sort(np.argpartition(-worth, count - 1, axis=1)[:, :count], axis=1)
    return Cut(places=places, kept=_at(worth, places) > -np.inf)


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, places, axis=1)
