"""Reads the records of a shard in order; a corrupt one is named."""

import itertools
import pathlib
from collections.abc import Iterator

import tensorflow as tf

from tfrecords_tools.requests import DataError


def read_records(path: pathlib.Path) -> Iterator[bytes]:
    """The serialized records of one file.

    Raises:
        DataError: The file is missing, or a record is corrupt or cut off; it names the file and the record, from 0.
    """
    options = tf.data.Options()
    options.autotune.enabled = False  # its threads outlive a short file and block for seconds
    records = tf.data.TFRecordDataset(str(path)).with_options(options).as_numpy_iterator()
    for number in itertools.count():
        try:
            record = next(records, None)
        except tf.errors.NotFoundError as error:
            raise DataError(f"{path}: no such file, though the manifest lists it") from error
        except tf.errors.DataLossError as error:
            raise DataError(f"{path}, record {number}: corrupt or cut off; build the data set again") from error
        if record is None:
            return
        yield record


def read_batches(path: pathlib.Path, *, size: int) -> Iterator[list[bytes]]:
    """The records of one file, `size` at a time.

    Raises:
        DataError: As `read_records`.
    """
    records = read_records(path)
    while batch := list(itertools.islice(records, size)):
        yield batch
