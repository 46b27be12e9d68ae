"""Parquet and CSV logs, one row a pair, as Arrow tables of one set of columns and types."""

import dataclasses
import difflib
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from absl import logging

from tfrecords_tools.columns import typed
from tfrecords_tools.log_files import column_names, read_columns
from tfrecords_tools.log_place import Place
from tfrecords_tools.partition import REQUEST, Partition
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema

_REQUIRED = ("request_id", "timestamp", "surface", "item/id", "item/product")
_TOKEN = {"bytes": pa.binary(), "int64": pa.int64(), "float": pa.float32()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Log:
    """Log files and the columns that all of them have.

    Attributes:
        paths: In the order of their names.
        schema: The schema that names the columns.
        optional: The optional columns, such as `label/ctr`, in the manifest's order.
        partition: What a day is; by request, a log has no `timestamp`, and a request's is its number, from 0.
    """

    paths: tuple[pathlib.Path, ...]
    schema: Schema
    optional: tuple[str, ...]
    partition: Partition = dataclasses.field(default_factory=Partition)

    @classmethod
    def open(cls, paths: Sequence[pathlib.Path], *, schema: Schema, partition: Partition | None = None) -> "Log":
        """Looks at the columns of every file, and says which nobody reads.

        Raises:
            DataError: A column that is missing, or optional columns that differ.
        """
        paths, partition = tuple(sorted(paths)), partition or Partition()
        needed = _needed(schema, partition)
        first: tuple[str, ...] | None = None
        unread: dict[str, None] = {}
        for path in paths:
            found = column_names(path)
            _require_columns(path, needed, found, partition)
            optional = _optional(path, schema, found)
            if first is not None and optional != first:
                raise DataError(
                    f"{path}: optional columns {list(optional)}; {paths[0]} has {list(first)}: make them equal"
                )
            first = optional
            unread |= dict.fromkeys(name for name in found if name not in (*needed, *optional))
        if unread:
            known = [name for name in column_types(schema) if name not in (first or ())]
            said = ", ".join(repr(name) + _did_you_mean(name, known) for name in unread)
            logging.warning("columns that nobody reads: %s", said)
        return cls(paths=paths, schema=schema, optional=first or (), partition=partition)

    @functools.cached_property
    def rows_per_day(self) -> dict[pathlib.Path, dict[int, int]]:
        """How many rows each file has of each day, by the day's number (`Partition.number`)."""
        return {path: self._rows_per_day(path) for path in self.paths}

    @functools.cached_property
    def first_request(self) -> dict[pathlib.Path, int]:
        """Of a log without times: the number of the request that each file's first row is of."""
        starts, number, before = {}, -1, None
        for path in self.paths:
            ids = self._ids(path, read_columns(path, ["request_id"]))
            if len(ids):
                starts[path] = number + (ids[0].as_py() != before)
                number, before = starts[path] + int(pc.sum(_changes(ids)).as_py() or 0), ids[-1].as_py()
        return starts

    def read(self, path: pathlib.Path, *, first: int, last: int) -> tuple[pa.Table, np.ndarray]:
        """The rows of the days `first` to `last` (`Partition.number`), in the file's order.

        Returns:
            The table, in the types that `Requests` needs (binary, int64, float32 and lists of them), and each row's
            number in the file, from 1.

        Raises:
            DataError: A value of the wrong type or a null where there must be a value; it names file, column and row.
        """
        names = [*_needed(self.schema, self.partition), *self.optional]
        raw = read_columns(path, names)
        times = self._times(path, raw)
        days = self.partition.number(times)
        keep = np.flatnonzero((days >= first) & (days <= last))
        raw, types = raw.take(pa.array(keep)), column_types(self.schema)
        columns = {"timestamp": pa.chunked_array([pa.array(times[keep], pa.int64())])}
        for name in names:
            place = Place(path=path, column=name, rows=keep + 1)
            columns[name] = typed(raw[name], types[name], place)
            if name in (*_REQUIRED, "weight", "bid"):
                _require_values(columns[name], place)
        return pa.table(columns), keep + 1

    def _rows_per_day(self, path: pathlib.Path) -> dict[int, int]:
        column = "request_id" if self.partition.kind == REQUEST else "timestamp"
        times = self._times(path, read_columns(path, [column]))
        days, counts = np.unique(self.partition.number(times), return_counts=True)
        return dict(zip(days.tolist(), counts.tolist(), strict=True))

    def _times(self, path: pathlib.Path, raw: pa.Table) -> np.ndarray:
        """`[rows]`: each row's second since 1970, or the number of its request."""
        if self.partition.kind == REQUEST:
            ids = self._ids(path, raw)
            first = [self.first_request[path]] if len(ids) else []
            return np.cumsum(np.concatenate([np.array(first, np.int64), _changes(ids).to_numpy()])).astype(np.int64)
        place = Place(path=path, column="timestamp", rows=np.arange(1, len(raw) + 1))
        seconds = typed(raw["timestamp"], pa.int64(), place)
        _require_values(seconds, place)
        return seconds.to_numpy()

    def _ids(self, path: pathlib.Path, raw: pa.Table) -> pa.ChunkedArray:
        place = Place(path=path, column="request_id", rows=np.arange(1, len(raw) + 1))
        ids = typed(raw["request_id"], pa.binary(), place)
        _require_values(ids, place)
        return ids


def _changes(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """`[rows - 1]` int64: 1 where a row is of another request than the row before."""
    return pc.cast(pc.not_equal(ids.slice(1), ids.slice(0, max(len(ids) - 1, 0))), pa.int64())


def _needed(schema: Schema, partition: Partition) -> list[str]:
    required = [name for name in _REQUIRED if name != "timestamp" or partition.kind != REQUEST]
    return [*required, *(feature.key for feature in schema.features)]


def _require_columns(path: pathlib.Path, needed: Sequence[str], found: Sequence[str], partition: Partition) -> None:
    if partition.kind == REQUEST and "timestamp" in found:
        rule = "--partition=request is for logs without times; cut this one by day, hour or minute"
        raise DataError(f"{path}: column 'timestamp' is there; {rule}")
    missing = [column for column in needed if column not in found]
    if missing:
        hint = _did_you_mean(missing[0], [name for name in found if name not in needed])
        if missing[0] == "timestamp" and not hint:
            hint = " (a log without times is cut by --partition=request)"
        raise DataError(
            f"{path}: column {missing[0]!r} is missing{hint}; it needs {list(needed)}; it has {list(found)}"
        )


def _did_you_mean(name: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, choices, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _require_values(column: pa.ChunkedArray, place: Place) -> None:
    if column.null_count:
        place.refuse(pc.is_null(column), "needs a value in every row")


def column_types(schema: Schema) -> dict[str, pa.DataType]:
    """The Arrow type of every column that a log may have."""
    types = {name: pa.binary() for name in _REQUIRED} | {"timestamp": pa.int64()}
    types |= {feature.key: _type(feature) for feature in schema.features}
    types |= {f"label/{task}": pa.float32() for task in schema.task_names}
    types |= {f"event/{task}": pa.int64() for task in schema.task_names}
    return types | {"weight": pa.float32(), "bid": pa.float32()}


def _type(feature: Feature) -> pa.DataType:
    token = _TOKEN[feature.dtype]
    return pa.list_(token) if feature.kind in ("ragged", "dense") else token


def _optional(path: pathlib.Path, schema: Schema, found: list[str]) -> tuple[str, ...]:
    choices = [f"label/{task}" for task in schema.task_names] + [f"event/{task}" for task in schema.task_names]
    for name in found:
        if name.partition("/")[0] in ("label", "event") and name not in choices:
            raise DataError(f"{path}: column {name!r} is of no task of the schema; its tasks have {choices}")
    return tuple(name for name in (*choices, "weight", "bid") if name in found)
