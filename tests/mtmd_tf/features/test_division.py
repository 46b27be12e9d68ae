import pathlib

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.features.division import Parts, divided
from mtmd_tf.features.reading import DataSet
from tfrecords_tools.manifest import Shard
from tfrecords_tools.requests import DataError


def shards_of(*requests: int) -> list[Shard]:
    return [
        Shard(path=pathlib.Path(f"part-{place:03}"), day="2017-03-01", requests=count, pairs=count, bytes=0)
        for place, count in enumerate(requests)
    ]


def test_the_largest_shard_goes_first_each_to_the_worker_with_fewest_requests():
    first, second = divided(shards_of(1, 5, 2, 4), workers=2, source="data")
    assert [shard.requests for shard in first] == [1, 5]
    assert [shard.requests for shard in second] == [2, 4]


@given(st.lists(st.integers(1, 100), min_size=1, max_size=12), st.integers(1, 12))
def test_every_shard_is_one_workers_and_no_worker_has_more_than_the_mean_and_one_shard(requests, workers):
    shards = shards_of(*requests)
    workers = min(workers, len(shards))
    each = divided(shards, workers=workers, source="data")
    assert sorted(shard.path for mine in each for shard in mine) == [shard.path for shard in shards]
    assert all(each)
    most = max(sum(shard.requests for shard in mine) for mine in each)
    assert most <= sum(requests) / workers + max(requests)


def test_more_workers_than_shards_are_refused():
    with pytest.raises(DataError, match="data: 2 shards to train on and 3 workers, of which each reads its own; start"):
        divided(shards_of(1, 1), workers=3, source="data")


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 20), st.integers(1, 6))
def test_the_parts_of_a_batch_are_the_batch_cut_as_evenly_as_can_be(requests, total):
    batch = tf.strings.as_string(tf.range(requests))
    parts = Parts(total=total, first=0, parts=total).of(batch)
    assert tf.concat(parts, axis=0).numpy().tolist() == batch.numpy().tolist()
    sizes = [int(tf.size(part)) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    one = Parts(total=total, first=total - 1, parts=1)
    assert one.of(batch)[0].numpy().tolist() == parts[-1].numpy().tolist()


def test_workers_read_every_request_once_between_them(labeled):
    data = DataSet.open(labeled)
    read = [
        name
        for place in range(2)
        for batch in data.of_worker(place, workers=2).batches("train", batch_requests=30)
        for name in batch.request_id.numpy()
    ]
    assert sorted(read) == sorted(
        name for b in data.batches("train", batch_requests=30) for name in b.request_id.numpy()
    )
    assert sum(data.of_worker(place, workers=2).requests("train") for place in range(2)) == data.requests("train")


def test_parts_of_batches_are_those_batches_cut(labeled):
    data = DataSet.open(labeled)
    whole = list(data.batches("train", batch_requests=33))
    parted = list(data.parted_batches("train", batch_requests=33, parts=Parts(total=2, first=0, parts=2)))
    for batch, (first, second) in zip(whole, parted, strict=True):
        assert tf.concat([first.request_id, second.request_id], 0).numpy().tolist() == batch.request_id.numpy().tolist()
        assert int(first.request[-1]) + 1 == first.request_id.shape[0]
