"""Parquet and CSV logs, one row a pair, as Arrow tables of one set of columns and types."""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from tfrecords_tools.inputs import kind_of
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema

_REQUIRED = ("request_id", "timestamp", "surface", "item/id", "item/product")
_TOKEN = {"bytes": pa.binary(), "int64": pa.int64(), "float": pa.float32()}
_SEPARATOR = "|"
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
            found = _column_names(path)
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
        counted = {path: np.unique(_days(self._read(path, ["timestamp"])), return_counts=True) for path in self.paths}
        return {path: dict(zip(*(each.tolist() for each in days), strict=True)) for path, days in counted.items()}

    def read(self, path: pathlib.Path, *, first: int, last: int) -> tuple[pa.Table, np.ndarray]:
        """The rows of the days `first` to `last`, in the file's order.

        Returns:
            The table, in the types that `Requests` needs (binary, int64, float32 and lists of them), and each row's
            number in the file, from 1.

        Raises:
            DataError: A value of the wrong type or a null where there must be a value; it names file, column and row.
        """
        table = self._read(path, [*_REQUIRED, *(f.key for f in self.schema.features), *self.optional])
        days = _days(table)
        keep = np.flatnonzero((days >= first) & (days <= last))
        return table.take(pa.array(keep)), keep + 1

    def _read(self, path: pathlib.Path, columns: list[str]) -> pa.Table:
        types = column_types(self.schema)
        try:
            if kind_of(path) == ".csv":
                plain = {name: pa.string() if pa.types.is_list(types[name]) else types[name] for name in columns}
                del plain["timestamp"]  # whole seconds or a date and time, as pyarrow finds
                convert = pyarrow.csv.ConvertOptions(
                    column_types=plain,
                    include_columns=columns,
                    strings_can_be_null=True,
                    null_values=["", "null", "NULL"],
                )
                table = pyarrow.csv.read_csv(path, convert_options=convert)
            else:
                table = pq.read_table(path, columns=columns, partitioning=None)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            raise DataError(f"{path}: {error}") from error
        return pa.table({name: _cast(path, name, table[name], types[name]) for name in columns})


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


def _column_names(path: pathlib.Path) -> list[str]:
    try:
        if kind_of(path) == ".csv":
            with pyarrow.csv.open_csv(path) as reader:
                return reader.schema.names
        return pq.read_schema(path).names
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: {error}") from error


def _optional(path: pathlib.Path, schema: Schema, found: list[str]) -> tuple[str, ...]:
    choices = [f"label/{task}" for task in schema.task_names] + [f"event/{task}" for task in schema.task_names]
    for name in found:
        if name.partition("/")[0] in ("label", "event") and name not in choices:
            raise DataError(f"{path}: column {name!r} is of no task of the schema; its tasks have {choices}")
    return tuple(name for name in (*choices, "weight", "bid") if name in found)


def _cast(path: pathlib.Path, name: str, column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    came = column.type
    try:
        if pa.types.is_dictionary(came):
            column = column.cast(came.value_type)
        if name == "timestamp" and pa.types.is_timestamp(came):
            column = pc.cast(column, pa.timestamp("s"), safe=False).cast(pa.int64())
        if pa.types.is_list(wanted) and (pa.types.is_string(column.type) or pa.types.is_null(column.type)):
            column = pc.split_pattern(_empty_to_null(column.cast(pa.string())), _SEPARATOR)
        if name in ("request_id", "item/id") and pa.types.is_integer(came):
            column = column.cast(pa.string())
        if pa.types.is_binary(wanted) and pa.types.is_integer(column.type):
            raise pa.ArrowInvalid("numbers are no text; give text, or make the feature int64 in the schema")
        if pa.types.is_float32(wanted) and not pa.types.is_float32(column.type):
            column = column.cast(pa.float64()).cast(pa.float32(), safe=False)
        column = column.cast(wanted)
        if pa.types.is_binary(wanted):
            column = _empty_to_null(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path}, column {name}: {wanted} is needed and {came} came: {error}") from error
    if name in (*_REQUIRED, "weight", "bid") and column.null_count:
        raise DataError(f"{path}, row {_first(pc.is_null(column))}, column {name}: needs a value in every row")
    if pa.types.is_floating(wanted):
        nan = pc.fill_null(pc.is_nan(column), False)
        if pc.any(nan).as_py():
            raise DataError(
                f"{path}, row {_first(nan)}, column {name}: a missing value is null (empty in CSV), not NaN"
            )
    if pa.types.is_list(wanted):
        whole = column.combine_chunks()
        tokens = pc.list_flatten(whole)
        bad = pc.is_null(_empty_to_null(tokens) if pa.types.is_binary(tokens.type) else tokens)
        if pc.any(bad).as_py():
            row = pc.list_parent_indices(whole).filter(bad)[0].as_py() + 1
            raise DataError(f"{path}, row {row}, column {name}: no null and no empty text inside a list")
    return column


def _empty_to_null(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Empty text is how a server is told that a value is missing, so it means the same in a log."""
    empty = pc.equal(pc.binary_length(column), 0)
    return pc.if_else(empty, pa.scalar(None, column.type), column)


def _first(flags: pa.ChunkedArray) -> int:
    return int(np.argmax(flags.to_numpy())) + 1


def _days(table: pa.Table) -> np.ndarray:
    return table["timestamp"].to_numpy() // _SECONDS_A_DAY
