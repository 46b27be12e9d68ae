"""Serialized requests and items back into columns: the parsing specs and what they yield (docs/data-contract.md)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfrecords_tools.error_messages import message_of
from tfrecords_tools.masks import from_words, words
from tfrecords_tools.requests import Column, DataError, Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema, SchemaError

# What a record that is no Example, or lacks a key, raises; a message that quotes binary data is no text (`message_of`).
FAILURES = (tf.errors.InvalidArgumentError, UnicodeDecodeError)

TENSOR_TYPES = {"bytes": tf.string, "int64": tf.int64, "float": tf.float32}


def parsing_spec(schema: Schema, columns: Sequence[str], *, cross: bool = True) -> dict[str, Any]:
    """What `tf.io.parse_example` needs to parse a batch of serialized requests.

    Query keys come out as `[requests]` (dense `[requests, size]`), ragged ones as ragged `[requests, (tokens)]`.
    Candidate keys come out as a RaggedTensor `[requests, (candidates)]`, dense ones with a uniform last axis of `size`,
    ragged ones `[requests, (candidates), (tokens)]` (`item/lengths/<feature>` is used up by it). Row splits are int64.

    Args:
        schema: The data set's schema.
        columns: The optional keys that the records hold: the manifest's `columns`.
        cross: Whether to parse the cross features, which the heavyweight ranker alone reads.

    Raises:
        SchemaError: A column that no record of this schema can hold.
    """
    spec: dict[str, Any] = {
        "request_id": tf.io.FixedLenFeature([], tf.string),
        "timestamp": tf.io.FixedLenFeature([], tf.int64),
        "surface": tf.io.FixedLenFeature([], tf.string),
        "query/mask": mask_once(schema, "query"),
        **{feature.key: _once(feature) for feature in schema.features_of("query")},
        "item/id": _each("item/id", "bytes"),
        "item/product": _each("item/product", "bytes"),
        "item/mask": _mask_each(schema, "item"),
        **{feature.key: _per_candidate(feature) for feature in schema.features_of("item")},
    }
    if cross and schema.features_of("cross"):
        spec["cross/mask"] = _mask_each(schema, "cross")
        spec |= {feature.key: _per_candidate(feature) for feature in schema.features_of("cross")}
    return spec | {column: _each(column, column_dtype(schema, column)) for column in columns}


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


def decode_requests(schema: Schema, serialized: Sequence[bytes], columns: Sequence[str]) -> Requests:
    """The inverse of `encode_requests`.

    Raises:
        DataError: A key that is missing or of another type or length, or a surface or product that the schema lacks.
    """
    parsed = _parse(serialized, parsing_spec(schema, columns))
    lengths = _lengths(parsed["item/id"])
    request_id = parsed["request_id"].numpy()
    for key, tensor in parsed.items():
        if isinstance(tensor, tf.RaggedTensor) and not key.startswith("query/"):
            _require_lengths(key, _lengths(tensor), lengths, request_id)
    sides = {side: _columns(schema.features_of(side), parsed, side) for side in ("query", "item", "cross")}
    cross_mask = _mask("cross/mask", parsed, len(sides["cross"])) if sides["cross"] else None
    optional = {column: parsed[column].flat_values.numpy() for column in columns}
    return Requests(
        request_id=request_id,
        timestamp=parsed["timestamp"].numpy(),
        surface=_indices("surface", schema.surfaces, parsed["surface"].numpy()),
        lengths=lengths,
        query=sides["query"],
        query_mask=_mask("query/mask", parsed, len(sides["query"])),
        item_id=parsed["item/id"].flat_values.numpy(),
        product=_indices("product", schema.products, parsed["item/product"].flat_values.numpy()),
        item=sides["item"],
        item_mask=_mask("item/mask", parsed, len(sides["item"])),
        cross=sides["cross"],
        cross_mask=cross_mask,
        label={task: optional[f"label/{task}"] for task in schema.task_names if f"label/{task}" in optional},
        event={task: optional[f"event/{task}"] for task in schema.task_names if f"event/{task}" in optional},
        weight=optional.get("weight"),
        bid=optional.get("bid"),
    )


def decode_items(schema: Schema, serialized: Sequence[bytes]) -> Items:
    """The inverse of `encode_items`.

    Raises:
        DataError: A key that is missing or of another type or length, or a product that the schema lacks.
    """
    parsed = _parse(serialized, item_parsing_spec(schema))
    columns = _columns(schema.features_of("item"), parsed, "item")
    return Items(
        item_id=parsed["item/id"].numpy(),
        product=_indices("product", schema.products, parsed["item/product"].numpy()),
        item=columns,
        item_mask=_mask("item/mask", parsed, len(columns)),
    )


def _once(feature: Feature) -> Any:
    if feature.kind == "ragged":
        return _each(feature.key, feature.dtype)
    return tf.io.FixedLenFeature([feature.size] if feature.size else [], TENSOR_TYPES[feature.dtype])


def mask_once(schema: Schema, side: str) -> tf.io.FixedLenFeature:
    """The mask of one row: `[rows]`, or `[rows, words]` of a side that needs several (`masks.words`)."""
    several = words(len(schema.features_of(side)))
    return tf.io.FixedLenFeature([] if several == 1 else [several], tf.int64)


def _mask_each(schema: Schema, side: str) -> tf.io.RaggedFeature:
    several = words(len(schema.features_of(side)))
    return _each(f"{side}/mask", "int64", [tf.io.RaggedFeature.UniformRowLength(several)] if several > 1 else ())


def _each(key: str, dtype: str, partitions: Sequence[Any] = ()) -> tf.io.RaggedFeature:
    return tf.io.RaggedFeature(TENSOR_TYPES[dtype], value_key=key, partitions=partitions, row_splits_dtype=tf.int64)


def _per_candidate(feature: Feature) -> tf.io.RaggedFeature:
    if feature.kind == "ragged":
        partition = tf.io.RaggedFeature.RowLengths(f"{feature.side}/lengths/{feature.name}")
        return _each(feature.key, feature.dtype, [partition])
    if feature.kind == "dense":
        return _each(feature.key, feature.dtype, [tf.io.RaggedFeature.UniformRowLength(feature.size)])
    return _each(feature.key, feature.dtype)


def _parse(serialized: Sequence[bytes], spec: dict[str, Any]) -> dict[str, Any]:
    try:
        return tf.io.parse_example(tf.constant(list(serialized), tf.string), spec)
    except FAILURES as error:
        raise DataError(f"a record breaks the data contract: {message_of(error)}") from error


def _columns(features: tuple[Feature, ...], parsed: dict[str, Any], side: str) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for feature in features:
        tensor = parsed[feature.key]
        if feature.kind == "ragged":
            rows = tensor.values if tensor.ragged_rank == 2 else tensor
            columns[feature.name] = Ragged(rows.values.numpy(), _lengths(rows))
        else:
            flat = tensor.flat_values if isinstance(tensor, tf.RaggedTensor) else tensor
            columns[feature.name] = flat.numpy().reshape((-1, feature.size) if feature.size else (-1,))
    return columns


def _mask(key: str, parsed: dict[str, Any], features: int) -> np.ndarray:
    tensor = parsed[key]
    bits = (tensor.flat_values if isinstance(tensor, tf.RaggedTensor) else tensor).numpy()
    try:
        return from_words(bits.reshape(-1, words(features)), features)
    except ValueError as error:
        rule = f"one bit for each of the schema's {features} features"
        raise DataError(f"{key}: {rule}; it is {error} in binary") from error


def _indices(what: str, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    index = {name.encode(): i for i, name in enumerate(names)}
    unknown = set(values) - set(index)
    if unknown:
        raise DataError(f"{what} {min(unknown).decode(errors='replace')!r} is not one of {list(names)}")
    return np.array([index[value] for value in values], dtype=np.int64)


def _lengths(tensor: tf.RaggedTensor) -> np.ndarray:
    """As `row_lengths`, which is six operations of TensorFlow: of 50 keys, they took twice as long as parsing."""
    return np.diff(tensor.row_splits.numpy())


def _require_lengths(key: str, got: np.ndarray, lengths: np.ndarray, request_id: np.ndarray) -> None:
    if (got != lengths).any():
        row = int(np.argmax(got != lengths))
        name = request_id[row].decode(errors="replace")
        raise DataError(f"request {name}, {key}: one value per candidate, so {lengths[row]}; it has {got[row]}")
