"""Turns a failure somewhere in a pipeline into the file, the record and the rule that was broken."""

import contextlib
from collections.abc import Iterator, Sequence

import tensorflow as tf

from mtmd_tf.features.parsing import RequestParser
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema

_LONGEST_MESSAGE = 400


@contextlib.contextmanager
def explained(schema: Schema, manifest: Manifest, paths: Sequence[str]) -> Iterator[None]:
    """Around the reading of shards: what TensorFlow raises comes out as a `DataError` that names file and record."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        raise explain(error, schema, manifest, paths) from error


def explain(error: tf.errors.OpError, schema: Schema, manifest: Manifest, paths: Sequence[str]) -> DataError:
    """Reads the shards one record at a time until the culprit fails again.

    Returns:
        The error to raise, naming file and record; the original message where every record now reads well.
    """
    parser = RequestParser(schema, columns=manifest.columns, cross=True)
    for path in paths:
        record = 0
        try:
            for serialized in tf.data.TFRecordDataset(path):
                parser(serialized[None])
                record += 1
        except tf.errors.OpError as again:
            return DataError(f"{path}, record {record}: {_short(again)}")
    return DataError(f"reading failed, but every record reads well on its own: {_short(error)}")


def _short(error: tf.errors.OpError) -> str:
    if isinstance(error, tf.errors.DataLossError):
        return "the record is corrupt or cut off; restore the file or build the data set again"
    text = " ".join((error.message or str(error)).split())
    return text[:_LONGEST_MESSAGE]
