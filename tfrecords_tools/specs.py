"""What `tf.io.parse_example` needs to parse serialized requests and items (docs/data-contract.md)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfrecords_tools.masks import words
from tfrecords_tools.schema import Feature, Schema, SchemaError

TENSOR_TYPES = {"bytes": tf.string, "int64": tf.int64, "float": tf.float32}
CANDIDATES_RULE = (  # what compact records read without their item table break
    "a request has at least one candidate; it has none. Records of a compact data set have item/row and are read with "
    "its item table, others have item/id"
)


def parsing_spec(
    schema: Schema, columns: Sequence[str], *, cross: bool = True, compact: bool = False
) -> dict[str, Any]:
    """What `tf.io.parse_example` needs to parse a batch of serialized requests.

    Query keys come out as `[requests]` (dense `[requests, size]`), ragged ones as ragged `[requests, (tokens)]`.
    Candidate keys come out as a RaggedTensor `[requests, (candidates)]`, dense ones with a uniform last axis of `size`,
    ragged ones `[requests, (candidates), (tokens)]` (`item/lengths/<feature>` is used up by it). Row splits are int64.
    Compact records have two item keys: `item/part`, `[requests]`, and `item/row`, `[requests, (candidates)]`.

    Args:
        schema: The data set's schema.
        columns: The optional keys that the records hold: the manifest's `columns`.
        cross: Whether to parse the cross features, which the heavyweight ranker alone reads.
        compact: Whether the records name their items by rows of an item table.

    Raises:
        SchemaError: A column that no record of this schema can hold.
    """
    spec: dict[str, Any] = {
        "request_id": tf.io.FixedLenFeature([], tf.string),
        "timestamp": tf.io.FixedLenFeature([], tf.int64),
        "surface": tf.io.FixedLenFeature([], tf.string),
        "query/mask": mask_once(schema, "query"),
        **{feature.key: _once(feature) for feature in schema.features_of("query")},
    }
    if compact:
        spec |= {"item/part": tf.io.FixedLenFeature([], tf.int64), "item/row": _each("item/row", "int64")}
    else:
        spec |= _item_columns(schema)
    if cross and schema.features_of("cross"):
        spec["cross/mask"] = _mask_each(schema, "cross")
        spec |= {feature.key: _per_candidate(feature) for feature in schema.features_of("cross")}
    return spec | {column: _each(column, column_dtype(schema, column)) for column in columns}


def item_rows_spec(schema: Schema) -> dict[str, Any]:
    """What `tf.io.parse_example` needs to parse records of an item table (`item_table.rows`): all keys are ragged."""
    return {
        "item/first": _each("item/first", "int64"),
        "item/changed": _mask_each(schema, "item", key="item/changed"),
        **_item_columns(schema),
    }


def _item_columns(schema: Schema) -> dict[str, Any]:
    return {
        "item/id": _each("item/id", "bytes"),
        "item/product": _each("item/product", "bytes"),
        "item/mask": _mask_each(schema, "item"),
        **{feature.key: _per_candidate(feature) for feature in schema.features_of("item")},
    }


def item_parsing_spec(schema: Schema) -> dict[str, Any]:
    """What `tf.io.parse_example` needs to parse a batch of serialized items: one row an item, shapes as for a query."""
    return {
        "item/id": tf.io.FixedLenFeature([], tf.string),
        "item/product": tf.io.FixedLenFeature([], tf.string),
        "item/mask": mask_once(schema, "item"),
        **{feature.key: _once(feature) for feature in schema.features_of("item")},
    }


def column_dtype(schema: Schema, column: str) -> str:
    """`float` or `int64`, the type of an optional key.

    Raises:
        SchemaError: A key that no record of this schema can hold.
    """
    choices = {f"label/{task}": "float" for task in schema.task_names}
    choices |= {f"event/{task}": "int64" for task in schema.task_names} | {"weight": "float", "bid": "float"}
    if column not in choices:
        raise SchemaError(f"no optional column {column!r}; this schema can have {list(choices)}")
    return choices[column]


def _once(feature: Feature) -> Any:
    if feature.kind == "ragged":
        return _each(feature.key, feature.dtype)
    return tf.io.FixedLenFeature([feature.size] if feature.size else [], TENSOR_TYPES[feature.dtype])


def mask_once(schema: Schema, side: str) -> tf.io.FixedLenFeature:
    """The mask of one row: `[rows]`, or `[rows, words]` of a side that needs several (`masks.words`)."""
    several = words(len(schema.features_of(side)))
    return tf.io.FixedLenFeature([] if several == 1 else [several], tf.int64)


def _mask_each(schema: Schema, side: str, *, key: str = "") -> tf.io.RaggedFeature:
    several = words(len(schema.features_of(side)))
    return _each(key or f"{side}/mask", "int64", [tf.io.RaggedFeature.UniformRowLength(several)] if several > 1 else ())


def _each(key: str, dtype: str, partitions: Sequence[Any] = ()) -> tf.io.RaggedFeature:
    return tf.io.RaggedFeature(TENSOR_TYPES[dtype], value_key=key, partitions=partitions, row_splits_dtype=tf.int64)


def _per_candidate(feature: Feature) -> tf.io.RaggedFeature:
    if feature.kind == "ragged":
        partition = tf.io.RaggedFeature.RowLengths(f"{feature.side}/lengths/{feature.name}")
        return _each(feature.key, feature.dtype, [partition])
    if feature.kind == "dense":
        return _each(feature.key, feature.dtype, [tf.io.RaggedFeature.UniformRowLength(feature.size)])
    return _each(feature.key, feature.dtype)
