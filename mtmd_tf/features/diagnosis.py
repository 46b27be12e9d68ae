"""Turns a failure somewhere in a pipeline into the file, the record and the rule that was broken."""

import contextlib
import os
import pathlib
from collections.abc import Iterator, Sequence

import tensorflow as tf

from mtmd_tf.features.parsing import RequestParser
from tfrecords_tools.error_messages import message_of
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import FAILURES, failing_records
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema

_FAILURES = (tf.errors.OpError, UnicodeDecodeError)  # a message that quotes binary data is no text
_OF_RECORDS = (tf.errors.DataLossError, tf.errors.NotFoundError, *FAILURES)
_RECORDS = 512  # parsed together


@contextlib.contextmanager
def explained(schema: Schema, manifest: Manifest, paths: Sequence[str]) -> Iterator[None]:
    """Around the reading of shards: what TensorFlow raises comes out as a `DataError` that names file and record."""
    try:
        yield
    except _OF_RECORDS as error:
        raise explain(error, schema, manifest, paths) from error


def explain(error: Exception, schema: Schema, manifest: Manifest, paths: Sequence[str]) -> DataError:
    """The error to raise, naming file and record; the original message where every record now reads well."""
    alone = DataError(f"reading failed, but every record reads well on its own: {_short(error)}")
    return fault_in(paths, schema, manifest) or alone


def fault_in(paths: Sequence[str | pathlib.Path], schema: Schema, manifest: Manifest) -> DataError | None:
    """Reads shards, batch by batch, and halves a batch that fails down to its failing record.

    Returns:
        The error to raise, naming file and record; None where every record reads well, or a file is missing.
    """
    parser = RequestParser(schema, columns=manifest.columns, cross=True, items=table_of(manifest, schema))
    for path in map(str, paths):
        if not os.path.exists(path):
            return None
        first = 0
        batches = iter(tf.data.TFRecordDataset(path).batch(_RECORDS))
        while True:
            try:
                batch = next(batches, None)
            except _FAILURES as again:
                return DataError(f"{path}, record {_readable(path)}: {_short(again)}")
            if batch is None:
                break
            if found := failing_records(
                batch.numpy().tolist(), lambda records: parser(tf.constant(records, tf.string))
            ):
                return DataError(f"{path}, record {first + min(found)}: {found[min(found)]}")
            first += int(batch.shape[0])
    return None


def _readable(path: str) -> int:
    """How many records of a file can be read before the first that cannot."""
    count = 0
    with contextlib.suppress(*_FAILURES):
        for _ in tf.data.TFRecordDataset(path):
            count += 1
    return count


def _short(error: Exception) -> str:
    if isinstance(error, tf.errors.DataLossError):
        return "the record is corrupt or cut off; restore the file or build the data set again"
    return message_of(error)
