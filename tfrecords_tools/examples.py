"""Requests and items as serialized `tf.train.Example`s (docs/data-contract.md)."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.keys import Key, encode_keys, names_of, offsets_of
from tfrecords_tools.masks import to_words
from tfrecords_tools.requests import Column, Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema

_ROWS_AT_ONCE = 2048  # Python lists of a whole block would cost gigabytes


def optional_columns(schema: Schema, requests: Requests) -> tuple[str, ...]:
    """The optional keys that `requests` carry, such as `label/ctr` or `bid`, in the manifest's order."""
    columns = [f"label/{task}" for task in schema.task_names if task in requests.label]
    columns += [f"event/{task}" for task in schema.task_names if task in requests.event]
    return (*columns, *(name for name in ("weight", "bid") if getattr(requests, name) is not None))


def encode_requests(schema: Schema, requests: Requests, *, compact: bool = False) -> Iterator[bytes]:
    """One serialized Example per request, in order; equal requests give equal bytes.

    Args:
        schema: The data set's schema.
        requests: Checked requests.
        compact: Whether `item_part` and `item_row` stand for everything that is the item's own.
    """
    for start in range(0, len(requests.request_id), _ROWS_AT_ONCE):
        yield from encode_keys(_request_keys(schema, requests.rows(start, start + _ROWS_AT_ONCE), compact))


def encode_items(schema: Schema, items: Items) -> Iterator[bytes]:
    """One serialized Example per item, in order; equal items give equal bytes."""
    for start in range(0, len(items.item_id), _ROWS_AT_ONCE):
        yield from encode_keys(_item_keys(schema, items.rows(start, start + _ROWS_AT_ONCE)))


def _request_keys(schema: Schema, requests: Requests, compact: bool) -> dict[str, Key]:
    once = np.arange(len(requests.request_id) + 1)
    each = offsets_of(requests.lengths)
    keys = {
        "request_id": Key("bytes", requests.request_id, once),
        "timestamp": Key("int64", requests.timestamp, once),
        "surface": Key("bytes", names_of(schema.surfaces, requests.surface), once),
    }
    keys |= _side_keys(schema.features_of("query"), requests.query, requests.query_mask, "query", once)
    keys |= _row_keys(requests, once, each) if compact else _candidate_keys(schema, requests, each)
    if cross := schema.features_of("cross"):
        keys |= _side_keys(cross, requests.cross, requests.cross_mask, "cross", each)
    for task, label in requests.label.items():
        keys[f"label/{task}"] = Key("float", label, each)
    for task, event in requests.event.items():
        keys[f"event/{task}"] = Key("int64", event, each)
    for name in ("weight", "bid"):
        if getattr(requests, name) is not None:
            keys[name] = Key("float", getattr(requests, name), each)
    return keys


def _candidate_keys(schema: Schema, requests: Requests, each: np.ndarray) -> dict[str, Key]:
    return {
        "item/id": Key("bytes", requests.item_id, each),
        "item/product": Key("bytes", names_of(schema.products, requests.product), each),
        **_side_keys(schema.features_of("item"), requests.item, requests.item_mask, "item", each, lengths=True),
    }


def _row_keys(requests: Requests, once: np.ndarray, each: np.ndarray) -> dict[str, Key]:
    if requests.item_part is None or requests.item_row is None:
        raise ValueError("compact records name rows of an item table: these requests have no item_part and item_row")
    return {"item/part": Key("int64", requests.item_part, once), "item/row": Key("int64", requests.item_row, each)}


def _item_keys(schema: Schema, items: Items) -> dict[str, Key]:
    once = np.arange(len(items.item_id) + 1)
    return {
        "item/id": Key("bytes", items.item_id, once),
        "item/product": Key("bytes", names_of(schema.products, items.product), once),
        **_side_keys(schema.features_of("item"), items.item, items.item_mask, "item", once),
    }


def _side_keys(
    features: tuple[Feature, ...],
    columns: dict[str, Column],
    mask: np.ndarray,
    side: str,
    offsets: np.ndarray,
    *,
    lengths: bool = False,
) -> dict[str, Key]:
    bits = to_words(mask)
    keys = {f"{side}/mask": Key("int64", bits.reshape(-1), offsets * bits.shape[1])}
    for feature in features:
        keys |= column_keys(feature, columns[feature.name], offsets, lengths=lengths)
    return keys


def column_keys(feature: Feature, column: Column, offsets: np.ndarray, *, lengths: bool) -> dict[str, Key]:
    """The keys of one feature, cut at `offsets`, `[records + 1]` rows; `lengths` adds how long each row's list is."""
    if not isinstance(column, Ragged):
        return {feature.key: Key(feature.dtype, column.reshape(-1), offsets * (feature.size or 1))}
    keys = {feature.key: Key(feature.dtype, column.values, offsets_of(column.lengths)[offsets])}
    if lengths:
        keys[f"{feature.side}/lengths/{feature.name}"] = Key("int64", column.lengths, offsets)
    return keys
