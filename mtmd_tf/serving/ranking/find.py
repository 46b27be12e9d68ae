"""Finds one request in a data set and gives its raw features for a query tower."""

import pathlib

import tensorflow as tf

from mtmd_tf.serving.ranking.request_file import QueryRequest
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.printable import listed
from tfrecords_tools.records import read_batches
from tfrecords_tools.schema import Schema

_BATCH = 2048
_KEYS = {name: tf.io.FixedLenFeature([], tf.string) for name in ("request_id", "surface")}


def find_request(
    data: str | pathlib.Path, *, split: str = "eval", request_id: str | None = None, surface: str | None = None
) -> QueryRequest:
    """The request with `request_id`, or the last of the split on `surface`, or the very last.

    The last ones are the nearest to the item corpus, whose features are of the data set's end.

    Raises:
        ServingError: There is none.
    """
    schema, manifest = Schema.load(data), Manifest.load(data)
    if surface is not None and surface not in schema.surfaces:
        raise ServingError(f"no surface {surface!r} in {data}; it has {listed(schema.surfaces)}")
    for shard in reversed(manifest.shards(split)):
        found: tuple[bytes, str, str] | None = None
        for records in read_batches(shard, size=_BATCH):
            keys = {name: key.numpy() for name, key in tf.io.parse_example(tf.constant(records), _KEYS).items()}
            for record, own_id, own_surface in zip(records, keys["request_id"], keys["surface"], strict=True):
                if (request_id is None or own_id.decode() == request_id) and surface in (None, own_surface.decode()):
                    found = record, own_id.decode(), own_surface.decode()
        if found is not None:
            request = decode_requests(schema, [found[0]], manifest.columns, items=table_of(manifest, schema))
            features = to_rows(schema.features_of("query"), request.query, request.query_mask)[0]
            return QueryRequest(found[1], found[2], features)
    wanted = f"with the id {request_id!r}" if request_id is not None else f"on {surface}"
    raise ServingError(f"no request {wanted} in split {split!r} of {data}")
