"""Serialized requests and items back into columns: the parsing specs and what they yield (docs/data-contract.md)."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from tfrecords_tools.error_messages import message_of
from tfrecords_tools.masks import from_words, words
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import Column, DataError, Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema
from tfrecords_tools.specs import CANDIDATES_RULE, item_parsing_spec, parsing_spec

if TYPE_CHECKING:
    from tfrecords_tools.item_table.table import ItemTable

# What a record that is no Example, or lacks a key, raises; a message that quotes binary data is no text (`message_of`).
FAILURES = (tf.errors.InvalidArgumentError, UnicodeDecodeError)


def failing_records(records: Sequence[bytes], run: Callable[[Sequence[bytes]], object]) -> dict[int, str]:
    """Halves a failing batch until each failing record stands alone.

    Args:
        records: A batch of serialized records.
        run: Function that raises one of `FAILURES` if a record of its batch fails.

    Returns:
        `{index in records: why}`; empty where `run` succeeds.
    """
    try:
        run(records)
        return {}
    except FAILURES as error:
        if len(records) == 1:
            return {0: message_of(error)}
    middle = len(records) // 2
    before, behind = failing_records(records[:middle], run), failing_records(records[middle:], run)
    return before | {middle + place: why for place, why in behind.items()}


def decode_requests(
    schema: Schema, serialized: Sequence[bytes], columns: Sequence[str], *, items: "ItemTable | None" = None
) -> Requests:
    """The inverse of `encode_requests`.

    Args:
        schema: The data set's schema.
        serialized: Records of the data set.
        columns: The optional keys that the records hold: the manifest's `columns`.
        items: The item table of a compact data set (`item_table.table_of`), None for another one.

    Raises:
        DataError: A key that is missing or of another type or length, a surface or product that the schema lacks, a
            row that the item table lacks, or a request without candidates.
    """
    parsed = parse_examples(serialized, parsing_spec(schema, columns, compact=items is not None))
    key = "item/id" if items is None else "item/row"
    lengths = _lengths(parsed[key])
    request_id = parsed["request_id"].numpy()
    _require_candidates(key, lengths, request_id)
    for key, tensor in parsed.items():
        if isinstance(tensor, tf.RaggedTensor) and not key.startswith("query/"):
            _require_lengths(key, _lengths(tensor), lengths, request_id)
    item, reference = _items(schema, parsed) if items is None else _items_by_row(items, parsed, lengths)
    sides = {side: side_columns(schema.features_of(side), parsed) for side in ("query", "cross")}
    cross_mask = mask_of("cross/mask", parsed, len(sides["cross"])) if sides["cross"] else None
    optional = {column: parsed[column].flat_values.numpy() for column in columns}
    return Requests(
        request_id=request_id,
        timestamp=parsed["timestamp"].numpy(),
        surface=indices_of("surface", schema.surfaces, parsed["surface"].numpy()),
        lengths=lengths,
        query=sides["query"],
        query_mask=mask_of("query/mask", parsed, len(sides["query"])),
        item_id=item.item_id,
        product=item.product,
        item=item.item,
        item_mask=item.item_mask,
        cross=sides["cross"],
        cross_mask=cross_mask,
        label={task: optional[f"label/{task}"] for task in schema.task_names if f"label/{task}" in optional},
        event={task: optional[f"event/{task}"] for task in schema.task_names if f"event/{task}" in optional},
        weight=optional.get("weight"),
        bid=optional.get("bid"),
        **reference,
    )


def _items(schema: Schema, parsed: dict[str, Any]) -> tuple[Items, dict[str, np.ndarray]]:
    columns = side_columns(schema.features_of("item"), parsed)
    items = Items(
        item_id=parsed["item/id"].flat_values.numpy(),
        product=indices_of("product", schema.products, parsed["item/product"].flat_values.numpy()),
        item=columns,
        item_mask=mask_of("item/mask", parsed, len(columns)),
    )
    return items, {}


def _items_by_row(
    items: "ItemTable", parsed: dict[str, Any], lengths: np.ndarray
) -> tuple[Items, dict[str, np.ndarray]]:
    part, row = parsed["item/part"].numpy(), parsed["item/row"].flat_values.numpy()
    rows = items.rows_of(part, row, lengths=lengths, request_id=parsed["request_id"].numpy())
    return items.take(rows), {"item_part": part, "item_row": row}


def decode_items(schema: Schema, serialized: Sequence[bytes]) -> Items:
    """The inverse of `encode_items`.

    Raises:
        DataError: A key that is missing or of another type or length, or a product that the schema lacks.
    """
    parsed = parse_examples(serialized, item_parsing_spec(schema))
    columns = side_columns(schema.features_of("item"), parsed)
    return Items(
        item_id=parsed["item/id"].numpy(),
        product=indices_of("product", schema.products, parsed["item/product"].numpy()),
        item=columns,
        item_mask=mask_of("item/mask", parsed, len(columns)),
    )


def parse_examples(serialized: Sequence[bytes], spec: dict[str, Any]) -> dict[str, Any]:
    """What `tf.io.parse_example` makes of records.

    Raises:
        DataError: A record that is no Example, or a key that is missing or of another type.
    """
    try:
        return tf.io.parse_example(tf.constant(list(serialized), tf.string), spec)
    except FAILURES as error:
        raise DataError(f"a record breaks the data contract: {message_of(error)}") from error


def side_columns(features: tuple[Feature, ...], parsed: dict[str, Any]) -> dict[str, Column]:
    """The features' columns of parsed records, a row for each request, candidate or item."""
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


def mask_of(key: str, parsed: dict[str, Any], features: int) -> np.ndarray:
    """`[rows, features]` bool of a parsed mask.

    Raises:
        DataError: A bit behind the last feature.
    """
    tensor = parsed[key]
    bits = (tensor.flat_values if isinstance(tensor, tf.RaggedTensor) else tensor).numpy()
    try:
        return from_words(bits.reshape(-1, words(features)), features)
    except ValueError as error:
        rule = f"one bit for each of the schema's {features} features"
        raise DataError(f"{key}: {rule}; it is {error} in binary") from error


def indices_of(what: str, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
    """The index of each of `values`, `[rows]` bytes, among names.

    Raises:
        DataError: A value that is none of them.
    """
    index = {name.encode(): i for i, name in enumerate(names)}
    unknown = set(values) - set(index)
    if unknown:
        raise DataError(f"{what} {min(unknown).decode(errors='replace')!r} is not one of {listed(names)}")
    return np.array([index[value] for value in values], dtype=np.int64)


def _lengths(tensor: tf.RaggedTensor) -> np.ndarray:
    """As `row_lengths`, which is six operations of TensorFlow: of 50 keys, they took twice as long as parsing."""
    return np.diff(tensor.row_splits.numpy())


def _require_candidates(key: str, lengths: np.ndarray, request_id: np.ndarray) -> None:
    if (lengths < 1).any():
        name = request_id[int(np.argmax(lengths < 1))].decode(errors="replace")
        raise DataError(f"request {name}, {key}: {CANDIDATES_RULE}")


def _require_lengths(key: str, got: np.ndarray, lengths: np.ndarray, request_id: np.ndarray) -> None:
    if (got != lengths).any():
        row = int(np.argmax(got != lengths))
        name = request_id[row].decode(errors="replace")
        raise DataError(f"request {name}, {key}: one value per candidate, so {lengths[row]}; it has {got[row]}")
