"""The cut, from all candidates or shard by shard."""

import numpy as np

from mtmd_tf.simulation.cutting import cut, shard_of

WORTH = np.array([[5.0, 1.0, 4.0, -np.inf, 3.0, 2.0]])


def handed(found) -> list[int]:
    return found.indices[found.kept].tolist()


def test_the_best_are_kept_in_the_order_of_the_candidates():
    assert handed(cut(WORTH, keep=3)) == [0, 2, 4]


def test_what_cannot_be_handed_on_is_not():
    found = cut(WORTH, keep=6)
    assert handed(found) == [0, 1, 2, 4, 5]
    assert found.kept.sum() == 5


def test_each_shard_hands_on_its_own_best():
    """Three places for two shards: two of the first, one of the second, though its second is better."""
    shard = np.array([[1, 0, 1, 0, 1, 0]])
    assert handed(cut(WORTH, keep=3, shard=shard, shards=2)) == [0, 1, 5]


def test_one_shard_is_no_shard():
    shard = np.zeros(WORTH.shape, dtype=int)
    assert handed(cut(WORTH, keep=3, shard=shard, shards=1)) == [0, 2, 4]


def test_more_shards_than_places_leave_some_empty():
    shard = np.array([[0, 1, 2, 3, 4, 5]])
    assert handed(cut(WORTH, keep=2, shard=shard, shards=6)) == [0, 1]


def test_shards_are_even():
    assert np.abs(np.bincount(shard_of(np.arange(9_000), 3)) - 3_000).max() < 200
