"""Reads the records of a shard in order, of the file that the manifest describes; a corrupt one is named."""

import itertools
import pathlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

import tensorflow as tf

from tfrecords_tools import legacy
from tfrecords_tools.manifest import ItemShard, Shard, TablePart
from tfrecords_tools.requests import DataError

AnyShard = TypeVar("AnyShard", Shard, ItemShard, TablePart)


def verified(shards: tuple[AnyShard, ...]) -> tuple[AnyShard, ...]:
    """The same files, each of them there and the one that the manifest describes.

    Raises:
        DataError: One is not; where a record of it is at fault, that record is named.
    """
    for shard in shards:
        try:
            shard.verify()
        except DataError:
            if shard.path.exists():
                for _ in read_file(shard.path):
                    pass
            raise
    return shards


def read_records(shard: AnyShard) -> Iterator[bytes]:
    """The serialized records of one shard.

    Raises:
        DataError: As `verified` and `read_file`.
    """
    verified((shard,))
    yield from read_file(shard.path)


def read_batches(shard: AnyShard, *, size: int) -> Iterator[list[bytes]]:
    """The records of one shard, `size` at a time.

    Raises:
        DataError: As `read_records`.
    """
    return batched(read_records(shard), size=size)


def every_nth(shards: Sequence[AnyShard], step: int, *, size: int) -> Iterator[list[bytes]]:
    """Every `step`-th record of each shard, `size` at a time across shards; what is skipped never reaches Python.

    Raises:
        DataError: As `read_records`.
    """
    options = tf.data.Options()
    options.autotune.enabled = False  # its threads outlive a short file and block for seconds
    paths = tf.constant([str(shard.path) for shard in verified(tuple(shards))], tf.string)
    chosen = tf.data.Dataset.from_tensor_slices(paths).flat_map(
        lambda path: tf.data.TFRecordDataset(path).shard(step, 0)
    )
    try:
        for block in chosen.batch(size).with_options(options).as_numpy_iterator():
            yield list(block)
    except tf.errors.DataLossError:
        for shard in shards:
            for _ in read_file(shard.path):  # names the record
                pass
        raise


def batched(records: Iterator[bytes], *, size: int) -> Iterator[list[bytes]]:
    """Records, `size` at a time; the last ones may be fewer."""
    while batch := list(itertools.islice(records, size)):
        yield batch


def read_file(path: pathlib.Path) -> Iterator[bytes]:
    """The serialized records of a file that no manifest describes yet, or whose faults are looked for.

    Raises:
        DataError: The file is missing, or a record is corrupt or cut off; it names the file and the record, from 0.
    """
    number = 0
    try:
        for record in legacy.records(path):
            yield record
            number += 1
    except tf.errors.NotFoundError as error:
        raise DataError(f"{path}: no such file, though the manifest lists it") from error
    except tf.errors.DataLossError as error:
        raise DataError(f"{path}, record {number}: corrupt or cut off; build the data set again") from error
