"""Parquet and CSV logs, one row a pair, as Arrow tables of one set of columns and types."""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.columns import typed
from tfrecords_tools.log_files import column_names, read_columns
from tfrecords_tools.log_place import Place
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema

_REQUIRED = ("request_id", "timestamp", "surface", "item/id", "item/product")
_TOKEN = {"bytes": pa.binary(), "int64": pa.int64(), "float": pa.float32()}
_SECONDS_A_DAY = 86_400


@dataclasses.dataclass(frozen=True, kw_only=True)
class Log:
    """Log files and the columns that all of them have.

    Attributes:
        paths: In the order of their names.
        schema: The schema that names the columns.
        optional: The optional columns, such as `label/ctr`, in the manifest's order.
    """

    paths: tuple[pathlib.Path, ...]
    schema: Schema
    optional: tuple[str, ...]

    @classmethod
    def open(cls, paths: Sequence[pathlib.Path], *, schema: Schema) -> "Log":
        """Looks at the columns of every file.

        Raises:
            DataError: A column that is missing, or optional columns that differ.
        """
        paths = tuple(sorted(paths))
        needed = [*_REQUIRED, *(feature.key for feature in schema.features)]
        first: tuple[str, ...] | None = None
        for path in paths:
            found = column_names(path)
            missing = [column for column in needed if column not in found]
            if missing:
                raise DataError(f"{path}: column {missing[0]!r} is missing; it needs {needed}; it has {found}")
            optional = _optional(path, schema, found)
            if first is not None and optional != first:
                raise DataError(
                    f"{path}: optional columns {list(optional)}; {paths[0]} has {list(first)}: make them equal"
                )
            first = optional
        return cls(paths=paths, schema=schema, optional=first or ())

    @functools.cached_property
    def rows_per_day(self) -> dict[pathlib.Path, dict[int, int]]:
        """How many rows each file has of each day (days since 1970)."""
        return {path: self._rows_per_day(path) for path in self.paths}

    def read(self, path: pathlib.Path, *, first: int, last: int) -> tuple[pa.Table, np.ndarray]:
        """The rows of the days `first` to `last`, in the file's order.

        Returns:
            The table, in the types that `Requests` needs (binary, int64, float32 and lists of them), and each row's
            number in the file, from 1.

        Raises:
            DataError: A value of the wrong type or a null where there must be a value; it names file, column and row.
        """
        names = [*_REQUIRED, *(f.key for f in self.schema.features), *self.optional]
        raw = read_columns(path, names)
        days = _days(path, raw)
        keep = np.flatnonzero((days >= first) & (days <= last))
        raw, types = raw.take(pa.array(keep)), column_types(self.schema)
        columns = {}
        for name in names:
            place = Place(path=path, column=name, rows=keep + 1)
            columns[name] = typed(raw[name], types[name], place)
            if name in (*_REQUIRED, "weight", "bid"):
                _require_values(columns[name], place)
        return pa.table(columns), keep + 1

    def _rows_per_day(self, path: pathlib.Path) -> dict[int, int]:
        days, counts = np.unique(_days(path, read_columns(path, ["timestamp"])), return_counts=True)
        return dict(zip(days.tolist(), counts.tolist(), strict=True))


def _days(path: pathlib.Path, raw: pa.Table) -> np.ndarray:
    """`[rows]`: each row's day."""
    place = Place(path=path, column="timestamp", rows=np.arange(1, len(raw) + 1))
    seconds = typed(raw["timestamp"], pa.int64(), place)
    _require_values(seconds, place)
    return seconds.to_numpy() // _SECONDS_A_DAY


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
