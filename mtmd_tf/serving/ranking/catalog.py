"""Describes items by their readable features, which are stored beside the embeddings."""

from collections.abc import Sequence
from typing import Any

from mtmd_tf.serving.ranking.index import ScoringIndex
from tfrecords_tools.printable import printable
from tfrecords_tools.schema import Feature, Schema


def readable_features(schema: Schema, *, side: str, most: int = 6) -> tuple[Feature, ...]:
    """The features made of words, or else the first descriptors: at most `most`."""
    features = [feature for feature in schema.features_of(side) if feature.kind == "categorical"]
    words = [feature for feature in features if feature.dtype == "bytes" and feature.vocabulary is not None]
    return tuple((words or [feature for feature in features if feature.descriptor] or features)[:most])


def describe_items(items: ScoringIndex, schema: Schema, item_ids: Sequence[str]) -> list[dict[str, Any]]:
    """`{feature: value}` of each item, of the readable features that are present; reads these items alone.

    Raises:
        ServingError: An item that has no embedding.
    """
    keys = {f.key: f.name for f in readable_features(schema, side="item") if f.key in items.table.names}
    rows = items.table.rows(items.find(item_ids), list(keys))
    return [{keys[key]: text(value) for key, value in row.items()} for row in rows]


def text(value: Any) -> Any:
    """Bytes as text that a terminal only shows, also inside a list."""
    if isinstance(value, list):
        return [text(entry) for entry in value]
    return printable(value.decode(errors="replace")) if isinstance(value, bytes) else value
