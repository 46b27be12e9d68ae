"""Turns flat Parquet or CSV logs and a schema into a data set (docs/data-contract.md)."""

import collections
import glob
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs import Log
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import Column, DataError, Items, Ragged, Requests, column_take
from tfrecords_tools.schema import Feature, Schema
from tfrecords_tools.shards import write_dataset

_LISTS = ("ragged", "dense")
_ONE = "one timestamp a request"
_ROWS_AT_ONCE = 500_000  # whole days, so a day of more rows is read at once all the same


def convert(
    out: str | pathlib.Path, *, schema: str | pathlib.Path, inputs: Sequence[str], eval_from: str, requests_per_shard: int = 8192
) -> Manifest:
    """Writes a data set from logs of one row a pair.

    The columns are named like the keys of a record: `request_id`, `timestamp` (seconds since 1970, or a date and time in
    UTC), `surface`, `query/<feature>`, `item/id`, `item/product`, `item/<feature>`, `cross/<feature>`, and, if there are
    any, `label/<task>`, `event/<task>`, `weight`, `bid`. Null means missing. Ragged and dense features are lists in
    Parquet and values separated by `|` in CSV. The rows of a request may stand anywhere; its candidates keep the order of
    files (by name) and rows. The corpus holds every item as its last row in time has it.

    Args:
        out: The data set's folder.
        schema: The schema file.
        inputs: Paths or glob patterns of .parquet and .csv files.
        eval_from: The first day of the eval split, `YYYY-MM-DD`.
        requests_per_shard: Most requests in one file.

    Raises:
        DataError: Logs that break the data contract; it names file, column and row, or request and field.
        SchemaError: No schema, or one that contradicts itself.
    """
    loaded = Schema.load(schema)
    paths = [pathlib.Path(match) for pattern in inputs for match in glob.glob(pattern, recursive=True)]
    log = Log.open(sorted(set(paths)), schema=loaded)
    corpus = _Corpus()
    files = [[path.name, path.stat().st_size] for path in log.paths]
    return write_dataset(
        out,
        schema=loaded,
        requests=_requests(log, corpus),
        items=corpus.items,
        eval_from=eval_from,
        source={"name": "convert", "arguments": {"files": files}},
        requests_per_shard=requests_per_shard,
    )


class _Corpus:
    """The last row of every item, as blocks come in order of time."""

    def __init__(self) -> None:
        self._items: Items | None = None

    def add(self, requests: Requests) -> None:
        new = Items(
            item_id=requests.item_id, product=requests.product, item=requests.item, item_mask=requests.item_mask
        )
        joined = new if self._items is None else Items.concat([self._items, new])
        last = ~pd.Series(joined.item_id).duplicated(keep="last").to_numpy()
        self._items = joined.take(np.flatnonzero(last))

    def items(self) -> Items:
        """Every item, in order of identifiers."""
        if self._items is None:
            raise DataError("the logs hold no row")
        return self._items.take(np.argsort(self._items.item_id, kind="stable"))


def _requests(log: Log, corpus: _Corpus) -> Iterator[Requests]:
    days = {path: log.rows_per_day(path) for path in log.paths}
    seen: set[bytes] = set()
    for first, last in _windows(days):
        paths = [path for path in log.paths if any(first <= day <= last for day in days[path])]
        block = requests_of(log, [(path, *log.read(path, first=first, last=last)) for path in paths])
        again = seen.intersection(block.request_id)
        if again:
            raise DataError(f"request {min(again).decode(errors='replace')}, timestamp: {_ONE}; its rows are of two days")
        seen.update(block.request_id)
        corpus.add(block)
        yield block


def _windows(days: dict[pathlib.Path, dict[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of days of not too many rows."""
    total = collections.Counter[int]()
    for of_path in days.values():
        total.update(of_path)
    window, rows = [], 0
    for day in sorted(total):
        if window and rows + total[day] > _ROWS_AT_ONCE:
            yield window[0], window[-1]
            window, rows = [], 0
        window.append(day)
        rows += total[day]
    if window:
        yield window[0], window[-1]


def requests_of(log: Log, parts: Sequence[tuple[pathlib.Path, pa.Table, np.ndarray]]) -> Requests:
    """The rows of some files as requests in order of time.

    Args:
        log: Where they come from.
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
            came = table[column][row].as_py()
            came = came.decode(errors="replace") if isinstance(came, bytes) else came
            raise DataError(f"{parts[files[row]][0]}, row {numbers[row]}, column {column}: {rule}; it is {came!r}")

    schema = log.schema
    code, _ = pd.factorize(table["request_id"].to_numpy())
    first_row = np.unique(code, return_index=True)[1][code]
    for column in ("timestamp", "surface", *(f.key for f in schema.features_of("query") if f.kind not in _LISTS)):
        same = table[column].combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
        refuse(same != same[first_row], column, _ONE if column == "timestamp" else "the same in all rows of a request")
    indices = {}
    for column, names in (("surface", schema.surfaces), ("item/product", schema.products)):
        known = pc.index_in(table[column], value_set=pa.array([name.encode() for name in names]))
        refuse(pc.is_null(known).to_numpy(), column, f"one of {list(names)}")
        indices[column] = known.to_numpy().astype(np.int64)
    order = np.lexsort((code, table["timestamp"].to_numpy()))  # stable: candidates keep the order of their rows
    starts = np.flatnonzero(np.diff(code[order], prepend=-1))
    return _assemble(log, table.take(pa.array(order)), {key: index[order] for key, index in indices.items()}, starts)


def _assemble(log: Log, table: pa.Table, indices: dict[str, np.ndarray], starts: np.ndarray) -> Requests:
    """Requests of a table with each request's rows together, the first of them at `starts`."""
    sides = {side: _side(table, log.schema.features_of(side)) for side in ("query", "item", "cross")}
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


def _side(table: pa.Table, features: Sequence[Feature]) -> tuple[dict[str, Column], np.ndarray]:
    mask = np.zeros((table.num_rows, len(features)), bool)
    columns: dict[str, Column] = {}
    for bit, feature in enumerate(features):
        mask[:, bit] = pc.is_valid(table[feature.key]).to_numpy()
        columns[feature.name] = _dense(table, feature) if feature.kind == "dense" else _column(table[feature.key])
    return columns, mask


def _column(column: pa.ChunkedArray) -> Column:
    """Nulls become empty lists, empty text or 0."""
    if pa.types.is_list(column.type):
        lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
        return Ragged(_column(pc.list_flatten(column)), lengths)
    empty = b"" if pa.types.is_binary(column.type) else 0
    return column.fill_null(pa.scalar(empty, column.type)).to_numpy()


def _dense(table: pa.Table, feature: Feature) -> np.ndarray:
    ragged = _column(table[feature.key])
    present = pc.is_valid(table[feature.key]).to_numpy()
    wrong = present & (ragged.lengths != feature.size)
    if wrong.any():
        row = int(np.argmax(wrong))
        name = table["request_id"][row].as_py().decode(errors="replace")
        raise DataError(f"request {name}, {feature.key}: {feature.size} numbers; it has {ragged.lengths[row]}")
    dense = np.zeros((table.num_rows, feature.size), np.float32)
    dense[present] = ragged.values.reshape(-1, feature.size)
    return dense


def _optional(column: pa.ChunkedArray) -> np.ndarray:
    """Null is NaN in a label and -1 in an event."""
    empty = float("nan") if pa.types.is_floating(column.type) else -1
    return column.fill_null(pa.scalar(empty, column.type)).to_numpy()
