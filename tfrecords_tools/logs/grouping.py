"""Flat rows, one a pair, as requests in order of time."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs.location import shown
from tfrecords_tools.logs.log import Log
from tfrecords_tools.partition import REQUEST
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import Column, DataError, Ragged, Requests, column_take, ragged_take
from tfrecords_tools.schema import Feature

_ONE_TIMESTAMP = "timestamp", "one timestamp a request, in all its rows; a request of another time has another id"
_TOGETHER = "request_id", "the rows of a request stand together in a log without times"
_LISTS = ("ragged", "dense")
_ONE_VALUE = "the same in all rows of a request"
_ONE_SURFACE = f"{_ONE_VALUE}; a request of another surface has another id"
_ONCE = "an item is a candidate of a request once; keep one row of it, with every event that either row has"
_OF_A_PAIR = f"{_ONE_VALUE}; what differs between its candidates is an item or a cross feature"


def requests_of(log: Log, parts: Sequence[tuple[pathlib.Path, pa.Table, np.ndarray]]) -> Requests:
    """The rows of some files, with numbers `[rows]`, as requests in order of time.

    Args:
        log: The log of the requests.
        parts: Each file's path, rows and their numbers.

    Raises:
        DataError: Rows of one request that differ in what belongs to the request, or an unknown surface or product.
    """
    table = pa.concat_tables([rows for _, rows, _ in parts]).combine_chunks()
    files = np.repeat(np.arange(len(parts)), [len(numbers) for _, _, numbers in parts])
    numbers = np.concatenate([numbers for _, _, numbers in parts])

    def refuse(bad: np.ndarray, column: str, rule: str) -> None:
        if bad.any():
            row = int(np.argmax(bad))
            came = shown(table[column][row])
            raise DataError(f"{parts[files[row]][0]}, row {numbers[row]}, column {column}: {rule}; it is {came}")

    schema = log.schema
    code, _ = pd.factorize(table["request_id"].to_numpy())
    first_row = np.unique(code, return_index=True)[1][code]
    time = table["timestamp"].to_numpy()
    refuse(time != time[first_row], *one_time(log))
    for column in ("surface", *(f.key for f in schema.features_of("query") if f.kind not in _LISTS)):
        same = table[column].combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
        refuse(same != same[first_row], column, _ONE_SURFACE if column == "surface" else _OF_A_PAIR)
    for feature in (f for f in schema.features_of("query") if f.kind in _LISTS):
        refuse(_other_lists(table[feature.key], first_row), feature.key, _OF_A_PAIR)
    indices = {}
    for column, names in (("surface", schema.surfaces), ("item/product", schema.products)):
        known = pc.index_in(table[column], value_set=pa.array([name.encode() for name in names]))
        refuse(pc.is_null(known).to_numpy(), column, f"one of {listed(names)}")
        indices[column] = known.to_numpy().astype(np.int64)
    item = table["item/id"].combine_chunks().dictionary_encode()
    pair = pd.Series(code * max(len(item.dictionary), 1) + item.indices.to_numpy())
    refuse(pair.duplicated().to_numpy(), "item/id", _ONCE)
    order = np.lexsort((code, time))  # stable: candidates keep the order of their rows
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    return _assemble(log, table.take(pa.array(order)), {key: index[order] for key, index in indices.items()}, starts)


def one_time(log: Log) -> tuple[str, str]:
    """The column that says when a request was, and its rule."""
    return _TOGETHER if log.partition.kind == REQUEST else _ONE_TIMESTAMP


def _other_lists(column: pa.ChunkedArray, first_row: np.ndarray) -> np.ndarray:
    """`[rows]`: whether a row's list is not that of the row that `first_row` names."""
    own, valid = _lists(column), pc.is_valid(column).to_numpy()
    other = (valid != valid[first_row]) | (own.lengths != own.lengths[first_row])
    rows = np.flatnonzero(~other)  # of equal length, so that their values stand one against one
    mine, first = (ragged_take(own, chosen) for chosen in (rows, first_row[rows]))
    other[np.repeat(rows, own.lengths[rows])[mine.values != first.values]] = True
    return other


def _assemble(log: Log, table: pa.Table, indices: dict[str, np.ndarray], starts: np.ndarray) -> Requests:
    """Requests of a table with each request's rows together, the first of them at `starts`."""
    sides = {side: side_of(table, log.schema.features_of(side)) for side in ("query", "item", "cross")}
    optional = {column: _optional(table[column]) for column in log.optional}
    tasks = log.schema.task_names
    return Requests(
        request_id=_column(table["request_id"])[starts],
        timestamp=_column(table["timestamp"])[starts],
        surface=indices["surface"][starts],
        lengths=np.diff(starts, append=table.num_rows).astype(np.int64),
        query={name: column_take(column, starts) for name, column in sides["query"][0].items()},
        query_mask=sides["query"][1][starts],
        item_id=_column(table["item/id"]),
        product=indices["item/product"],
        item=sides["item"][0],
        item_mask=sides["item"][1],
        cross=sides["cross"][0],
        cross_mask=sides["cross"][1] if sides["cross"][0] else None,
        label={task: optional[f"label/{task}"] for task in tasks if f"label/{task}" in optional},
        event={task: optional[f"event/{task}"] for task in tasks if f"event/{task}" in optional},
        weight=optional.get("weight"),
        bid=optional.get("bid"),
    )


def side_of(table: pa.Table, features: Sequence[Feature]) -> tuple[dict[str, Column], np.ndarray]:
    """The columns of features by name, and `[rows, features]`: which of them a row has."""
    mask = np.zeros((table.num_rows, len(features)), bool)
    columns: dict[str, Column] = {}
    for bit, feature in enumerate(features):
        mask[:, bit] = pc.is_valid(table[feature.key]).to_numpy()
        columns[feature.name] = _dense(table, feature) if feature.kind == "dense" else _column(table[feature.key])
    return columns, mask


def _column(column: pa.ChunkedArray) -> Column:
    """Nulls become empty lists, empty text or 0."""
    if pa.types.is_list(column.type):
        return _lists(column)
    empty = b"" if pa.types.is_binary(column.type) else 0
    return column.fill_null(pa.scalar(empty, column.type)).to_numpy()


def _lists(column: pa.ChunkedArray) -> Ragged:
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return Ragged(_column(pc.list_flatten(column)), lengths)


def _dense(table: pa.Table, feature: Feature) -> np.ndarray:
    ragged = _column(table[feature.key])
    present = pc.is_valid(table[feature.key]).to_numpy()
    dense = np.zeros((table.num_rows, feature.size), np.float32)
    dense[present] = ragged.values.reshape(-1, feature.size)
    return dense


def _optional(column: pa.ChunkedArray) -> np.ndarray:
    """Null is NaN in a label and -1 in an event."""
    empty = float("nan") if pa.types.is_floating(column.type) else -1
    return column.fill_null(pa.scalar(empty, column.type)).to_numpy()
