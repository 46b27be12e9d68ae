"""An item's features beside its embedding, so that what is ranked can be named and filtered without the data set.

A column a feature, `item/<name>`, null where the record's mask says that it is missing; dense vectors stay behind.
"""

import numpy as np
import pyarrow as pa

from tfrecords_tools.requests import Items, Ragged
from tfrecords_tools.schema import Feature, Schema

_ARROW = {"bytes": pa.binary(), "int64": pa.int64(), "float": pa.float32()}


def kept_features(schema: Schema) -> tuple[Feature, ...]:
    """The item features that have a column, in the schema's order."""
    return tuple(feature for feature in schema.features_of("item") if feature.kind != "dense")


def column_fields(schema: Schema) -> list[pa.Field]:
    """Their names and types; a ragged feature is a list."""
    return [
        pa.field(f.key, pa.list_(_ARROW[f.dtype]) if f.kind == "ragged" else _ARROW[f.dtype])
        for f in kept_features(schema)
    ]


def item_columns(schema: Schema, items: Items) -> list[pa.Array]:
    """The columns of some items, in the order of `column_fields`."""
    bits = {feature.name: bit for bit, feature in enumerate(schema.features_of("item"))}
    return [
        _column(feature, items.item[feature.name], missing=~items.item_mask[:, bits[feature.name]])
        for feature in kept_features(schema)
    ]


def _column(feature: Feature, column: np.ndarray | Ragged, *, missing: np.ndarray) -> pa.Array:
    kind = _ARROW[feature.dtype]
    if not isinstance(column, Ragged):
        return pa.array(column, kind, mask=missing)
    offsets = np.concatenate([[0], np.cumsum(column.lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(column.values, kind), mask=pa.array(missing))
