"""Parquet and CSV logs, one row a pair, as Arrow tables of one set of columns and types."""

import collections
import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from absl import logging

from tfrecords_tools.logs import suspicious_times
from tfrecords_tools.logs.column_names import (
    column_types,
    needed_columns,
    optional_columns,
    require_columns,
    warn_of_unread,
)
from tfrecords_tools.logs.columns import typed
from tfrecords_tools.logs.files import every_column, read_columns
from tfrecords_tools.logs.inputs import kind_of
from tfrecords_tools.logs.location import Location
from tfrecords_tools.logs.quotes import require_doubled
from tfrecords_tools.logs.suspicions import Suspicions
from tfrecords_tools.logs.typed_rows import typed_rows
from tfrecords_tools.partition import REQUEST, Partition
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class Log:
    """Log files and the columns that all of them have.

    Attributes:
        paths: Paths in the order of their names.
        schema: The schema that names the columns.
        optional: The optional columns, such as `label/ctr`, in the manifest's order.
        partition: Kind of partition. By request, the log has no `timestamp`, and that of a request is its number, from
            0.
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
        needed = needed_columns(schema, partition)
        first: tuple[str, ...] | None = None
        unread: dict[str, None] = {}
        for path in paths:
            found = every_column(path, known=column_types(schema))
            require_columns(path, needed, found, partition)
            optional = optional_columns(path, schema, found)
            if first is not None and optional != first:
                raise DataError(
                    f"{path}: optional columns {listed(optional)}; {paths[0]} has {listed(first)}: make them equal; a "
                    "column may be empty"
                )
            first = optional
            unread |= dict.fromkeys(name for name in found if name not in (*needed, *optional))
        warn_of_unread(unread, [name for name in column_types(schema) if name not in (first or ())])
        return cls(paths=paths, schema=schema, optional=first or (), partition=partition)

    @functools.cached_property
    def rows_per_day(self) -> dict[pathlib.Path, dict[int, int]]:
        """How many rows each file has of each day, by `Partition.number`; says what is suspicious about the rows."""
        column = "request_id" if self.partition.kind == REQUEST else "timestamp"
        suspicions = Suspicions(self.schema)
        counted, divisor, ends = {}, 0, list[int]()
        for path in self.paths:
            doubtful = suspicions.columns(path)
            if kind_of(path) == ".csv":
                require_doubled(path)
            raw = read_columns(path, list(dict.fromkeys([column, *doubtful])))
            suspicions.add(path, raw)
            times = self._times(path, raw)
            divisor = int(np.gcd.reduce(times, initial=divisor))
            ends += [int(times.min()), int(times.max())] if len(times) else []
            days, counts = np.unique(self.partition.number(times), return_counts=True)
            counted[path] = dict(zip(days.tolist(), counts.tolist(), strict=True))
        empty = [str(path) for path, days_of in counted.items() if not days_of]
        if 0 < len(empty) < len(counted):
            logging.warning("%d of %d log files hold no row, the first of them %s", len(empty), len(counted), empty[0])
        of_times = (
            ()
            if self.partition.kind == REQUEST
            else suspicious_times.lines(
                _of_all(counted), self.partition, divisor=divisor, ends=(min(ends, default=0), max(ends, default=0))
            )
        )
        for line in (*suspicions.lines(), *of_times):
            logging.warning("%s", line)
        return counted

    @functools.cached_property
    def times(self) -> np.ndarray:
        """`[times]`: the distinct times of all rows, in order, for which the log is read again."""
        return np.unique(np.concatenate([self._times(path, read_columns(path, ["timestamp"])) for path in self.paths]))

    @property
    def days(self) -> dict[int, int]:
        """How many rows all files have of each day, by `Partition.number`, in order."""
        return _of_all(self.rows_per_day)

    @functools.cached_property
    def numbering(self) -> tuple[dict[pathlib.Path, int], int]:
        """Of a log without times: the number of the request that each file's first row is of; and of all requests."""
        starts, number, before = {}, -1, None
        for path in self.paths:
            ids = self._ids(path, read_columns(path, ["request_id"]))
            if len(ids):
                starts[path] = number + (ids[0].as_py() != before)
                number, before = starts[path] + int(pc.sum(_changes(ids)).as_py() or 0), ids[-1].as_py()
        return starts, number + 1

    def read(self, path: pathlib.Path, *, first: int, last: int) -> tuple[pa.Table, np.ndarray]:
        """The rows of the days `first` to `last` (`Partition.number`), in the file's order, and their numbers `[rows]`.

        Returns:
            The table, in the types that `Requests` needs (binary, int64, float32 and lists of them), and each row's
            number in the file, from 1.

        Raises:
            DataError: A value of the wrong type, one that breaks a rule of the schema, or a null where there must be a
                value; it names file, column and row.
        """
        names = [*needed_columns(self.schema, self.partition), *self.optional]
        raw = read_columns(path, names)
        times = self._times(path, raw)
        days = self.partition.number(times)
        within = (days >= first) & (days <= last)
        keep = np.flatnonzero(within)
        read = [name for name in names if name != "timestamp"]
        columns = typed_rows(path, raw.filter(pa.array(within)), read, schema=self.schema, rows=keep + 1)
        return pa.table({"timestamp": pa.array(times[keep], pa.int64()), **columns}), keep + 1

    def _times(self, path: pathlib.Path, raw: pa.Table) -> np.ndarray:
        """`[rows]`: each row's second since 1970, or the number of its request."""
        if self.partition.kind == REQUEST:
            ids = self._ids(path, raw)
            first = [self.numbering[0][path]] if len(ids) else []
            return np.cumsum(np.concatenate([np.array(first, np.int64), _changes(ids).to_numpy()])).astype(np.int64)
        location = Location(path=path, column="timestamp", rows=np.arange(1, len(raw) + 1))
        seconds = typed(raw["timestamp"], pa.int64(), location)
        location.require(seconds)
        return seconds.to_numpy()

    def _ids(self, path: pathlib.Path, raw: pa.Table) -> pa.ChunkedArray:
        location = Location(path=path, column="request_id", rows=np.arange(1, len(raw) + 1))
        ids = typed(raw["request_id"], pa.binary(), location)
        location.require(ids)
        return ids


def _of_all(rows_per_day: dict[pathlib.Path, dict[int, int]]) -> dict[int, int]:
    total = collections.Counter[int]()
    for of_path in rows_per_day.values():
        total.update(of_path)
    return dict(sorted(total.items()))


def _changes(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """`[rows - 1]` int64: 1 where a row is of another request than the row before."""
    return pc.cast(pc.not_equal(ids.slice(1), ids.slice(0, max(len(ids) - 1, 0))), pa.int64())
