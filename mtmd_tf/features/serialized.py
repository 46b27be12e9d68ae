"""The serialized requests of shards, in the order of time or shuffled by a seed."""

import os
from collections.abc import Callable, Sequence

import tensorflow as tf

from mtmd_tf.seeds import derive_seed
from tfrecords_tools.manifest import Shard

_SHUFFLE_BYTES = 2 << 30
_CYCLE = 16  # shards read in turn, so that neighboring requests are of different days


def serialized_requests(
    paths: list[str],
    *,
    shuffle_requests: int = 0,
    seed: int = 0,
    skip_corrupt: bool = False,
    keep: Callable[[tf.data.Dataset], tf.data.Dataset] | None = None,
) -> tf.data.Dataset:
    """`[]` serialized requests of the shards `paths`, those that `keep` lets through, in order or shuffled."""

    def read(path: tf.Tensor) -> tf.data.Dataset:
        records = tf.data.TFRecordDataset(path)
        records = records.ignore_errors() if skip_corrupt else records
        return keep(records) if keep else records

    files = tf.data.Dataset.from_tensor_slices(tf.constant(paths, tf.string))
    if not shuffle_requests:
        return files.flat_map(read)
    files = files.shuffle(max(len(paths), 1), seed=seed, reshuffle_each_iteration=False)
    records = files.interleave(read, cycle_length=_CYCLE, num_parallel_calls=1, deterministic=True)
    return records.shuffle(shuffle_requests, seed=derive_seed(seed, "requests"), reshuffle_each_iteration=False)


def count_records(records: tf.data.Dataset) -> int:
    """How many records there are; reads them all."""
    return int(records.reduce(tf.constant(0, tf.int64), lambda count, _: count + 1))


def fitting(shards: Sequence[Shard]) -> int:
    """How many of the shards' requests fit into a shuffle buffer: those of long lists take megabytes each."""
    size = sum(shard.bytes for shard in shards)
    return max(1, _SHUFFLE_BYTES * sum(shard.requests for shard in shards) // max(size, 1))


def parsers() -> int:
    """How many batches are parsed at a time: one on each core that this process may use, two at least."""
    return max(2, len(os.sched_getaffinity(0)))


def predictable() -> tf.data.Options:
    """Options of a pass whose order is the same each time and which ends at once when nobody reads on."""
    options = tf.data.Options()
    options.autotune.enabled = False  # with it, letting go of an iterator can block for seconds
    options.deterministic = True
    return options
