import dataclasses

import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.distribution.group import Group
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.batches import TrainingBatches

CONFIG = TrainConfig(batch_requests=30, shuffle_requests=100)


def batches_of(folder, worker: int, *, days: int, workers: int = 2, config: TrainConfig = CONFIG) -> TrainingBatches:
    data = DataSet.open(folder)
    group = Group(strategy=tf.distribute.get_strategy(), worker=worker, workers=workers)
    return TrainingBatches(data, config=config, days=data.manifest.days("train")[:days], cross=False, group=group)


@pytest.fixture(scope="module")
def two_workers(labeled) -> list[TrainingBatches]:
    """Three days of 40 requests, two of them the first worker's: 6 batches of 15 against 3."""
    return [batches_of(labeled, worker, days=3) for worker in range(2)]


def of_epoch(batches: TrainingBatches, *, skip: int = 0) -> list[list[bytes]]:
    endless = batches.endless(epoch=0, skip=skip)
    return [list(next(endless)[2][0].request_id.numpy()) for _ in range(skip, batches.per_epoch)]


def test_a_worker_that_has_read_its_shards_takes_empty_batches_until_the_last_has(two_workers):
    assert [batches.per_epoch for batches in two_workers] == [6, 6]
    sizes = [[len(batch) for batch in of_epoch(batches)] for batches in two_workers]
    assert sizes == [[15, 15, 15, 15, 15, 5], [15, 15, 10, 0, 0, 0]]


def test_an_epoch_sees_every_request_once(two_workers, labeled):
    data = DataSet.open(labeled)
    seen = [name for batches in two_workers for batch in of_epoch(batches) for name in batch]
    days = data.manifest.days("train")[:3]
    there = [name for batch in data.batches("train", batch_requests=30, days=days) for name in batch.request_id.numpy()]
    assert sorted(seen) == sorted(there)


def test_the_next_epoch_begins_on_all_together(two_workers):
    endless = two_workers[1].endless(epoch=0, skip=0)
    places = [next(endless)[:2] for _ in range(7)]
    assert places == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (1, 1)]


def test_an_epoch_goes_on_behind_the_batches_that_are_done(two_workers):
    batches = two_workers[1]
    assert of_epoch(batches, skip=2) == of_epoch(batches)[2:]
    assert of_epoch(batches, skip=4) == [[], []]


def test_a_batch_is_divided_among_workers_to_the_last_request(labeled):
    config = dataclasses.replace(CONFIG, batch_requests=5)
    first = [len(of_epoch(batches_of(labeled, worker, days=3, config=config))[0]) for worker in range(2)]
    assert first == [2, 3]


def test_a_worker_needs_a_request_of_every_batch(labeled):
    config = dataclasses.replace(CONFIG, batch_requests=1)
    with pytest.raises(ConfigError, match="--batch_requests=1 is the batch of all 2 workers together"):
        batches_of(labeled, 0, days=3, config=config)
