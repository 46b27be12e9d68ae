"""What an item is called: its features that people can read, from the item corpus."""

import pathlib
from collections.abc import Collection
from typing import Any

from mtmd_tf.serving.rows import to_rows
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_items
from tfrecords_tools.printable import printable
from tfrecords_tools.records import read_batches
from tfrecords_tools.schema import Feature, Schema

_BATCH = 4096


def readable_features(schema: Schema, *, side: str, most: int = 6) -> tuple[Feature, ...]:
    """The features made of words, or else the first descriptors: at most `most`."""
    features = [feature for feature in schema.features_of(side) if feature.kind == "categorical"]
    words = [feature for feature in features if feature.dtype == "bytes" and feature.vocabulary is not None]
    return tuple((words or [feature for feature in features if feature.descriptor] or features)[:most])


def describe_items(data: str | pathlib.Path, item_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """`{item id: {feature: value}}` of the readable features that are present; reads shards until all are found."""
    schema = Schema.load(data)
    names = {feature.name for feature in readable_features(schema, side="item")}
    wanted = {item.encode() for item in item_ids}
    found: dict[str, dict[str, Any]] = {}
    for shard in Manifest.load(data).item_shards():
        for records in read_batches(shard.path, size=_BATCH):
            if len(found) == len(wanted):
                return found
            items = decode_items(schema, records)
            for place in [place for place, item in enumerate(items.item_id) if item in wanted]:
                one = items.rows(place, place + 1)
                row = to_rows(schema.features_of("item"), one.item, one.item_mask)[0]
                found[one.item_id[0].decode()] = {name: text(value) for name, value in row.items() if name in names}
    return found


def text(value: Any) -> Any:
    """Bytes as text that a terminal only shows, also inside a list."""
    if isinstance(value, list):
        return [text(entry) for entry in value]
    return printable(value.decode(errors="replace")) if isinstance(value, bytes) else value
