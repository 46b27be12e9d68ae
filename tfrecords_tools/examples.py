"""Requests and items as serialized `tf.train.Example`s (docs/data-contract.md)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfrecords_tools.masks import to_words
from tfrecords_tools.requests import Column, DataError, Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema

_ROWS_AT_ONCE = 2048  # Python lists of a whole block would cost gigabytes
_LIST = {"bytes": "bytes_list", "int64": "int64_list", "float": "float_list"}


class _Key(NamedTuple):
    """One key of many Examples: row `i` holds `values[offsets[i]:offsets[i + 1]]`."""

    dtype: str
    values: np.ndarray
    offsets: np.ndarray


def optional_columns(schema: Schema, requests: Requests) -> tuple[str, ...]:
    """The optional keys that `requests` carry, such as `label/ctr` or `bid`, in the manifest's order."""
    columns = [f"label/{task}" for task in schema.task_names if task in requests.label]
    columns += [f"event/{task}" for task in schema.task_names if task in requests.event]
    return (*columns, *(name for name in ("weight", "bid") if getattr(requests, name) is not None))


def encode_requests(schema: Schema, requests: Requests) -> Iterator[bytes]:
    """One serialized Example per request, in order; equal requests give equal bytes."""
    for start in range(0, len(requests.request_id), _ROWS_AT_ONCE):
        yield from _encode(_request_keys(schema, requests.rows(start, start + _ROWS_AT_ONCE)))


def encode_items(schema: Schema, items: Items) -> Iterator[bytes]:
    """One serialized Example per item, in order; equal items give equal bytes."""
    for start in range(0, len(items.item_id), _ROWS_AT_ONCE):
        yield from _encode(_item_keys(schema, items.rows(start, start + _ROWS_AT_ONCE)))


def _request_keys(schema: Schema, requests: Requests) -> dict[str, _Key]:
    once = np.arange(len(requests.request_id) + 1)
    each = _offsets(requests.lengths)
    keys = {
        "request_id": _Key("bytes", requests.request_id, once),
        "timestamp": _Key("int64", requests.timestamp, once),
        "surface": _Key("bytes", _names(schema.surfaces, requests.surface), once),
        "item/id": _Key("bytes", requests.item_id, each),
        "item/product": _Key("bytes", _names(schema.products, requests.product), each),
    }
    keys |= _side_keys(schema.features_of("query"), requests.query, requests.query_mask, "query", once)
    keys |= _side_keys(schema.features_of("item"), requests.item, requests.item_mask, "item", each, lengths=True)
    if cross := schema.features_of("cross"):
        keys |= _side_keys(cross, requests.cross, requests.cross_mask, "cross", each)
    for task, label in requests.label.items():
        keys[f"label/{task}"] = _Key("float", label, each)
    for task, event in requests.event.items():
        keys[f"event/{task}"] = _Key("int64", event, each)
    for name in ("weight", "bid"):
        if getattr(requests, name) is not None:
            keys[name] = _Key("float", getattr(requests, name), each)
    return keys


def _item_keys(schema: Schema, items: Items) -> dict[str, _Key]:
    once = np.arange(len(items.item_id) + 1)
    return {
        "item/id": _Key("bytes", items.item_id, once),
        "item/product": _Key("bytes", _names(schema.products, items.product), once),
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
) -> dict[str, _Key]:
    bits = to_words(mask)
    keys = {f"{side}/mask": _Key("int64", bits.reshape(-1), offsets * bits.shape[1])}
    for feature in features:
        column = columns[feature.name]
        if isinstance(column, Ragged):
            keys[feature.key] = _Key(feature.dtype, column.values, _offsets(column.lengths)[offsets])
            if lengths:
                keys[f"{side}/lengths/{feature.name}"] = _Key("int64", column.lengths, offsets)
        else:
            keys[feature.key] = _Key(feature.dtype, column.reshape(-1), offsets * (feature.size or 1))
    return keys


def _encode(keys: dict[str, _Key]) -> Iterator[bytes]:
    # One Example, filled again and again: twice as fast as a new one each time, three times keyword construction.
    example = tf.train.Example()
    slots = []
    for name, key in keys.items():
        holder = getattr(example.features.feature[name], _LIST[key.dtype])
        holder.SetInParent()  # an empty list is still a list of its type
        slots.append((name, holder.value, key.values.tolist(), key.offsets.tolist()))
    for row in range(len(slots[0][3]) - 1):
        for name, slot, values, offsets in slots:
            try:
                slot[:] = values[offsets[row] : offsets[row + 1]]
            except (TypeError, ValueError) as error:
                rule = f"the record's key is {keys[name].dtype}"
                raise DataError(f"{name}: {rule}; it is {values[offsets[row] : offsets[row + 1]][:3]}") from error
        yield example.SerializeToString(deterministic=True)


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _names(names: tuple[str, ...], index: np.ndarray) -> np.ndarray:
    return np.array([name.encode() for name in names], dtype=object)[index]
