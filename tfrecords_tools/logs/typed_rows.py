"""Rows of a log or catalog file in the types that records need, every value held to the rules of its column."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tfrecords_tools.logs.column_names import REQUIRED, column_types
from tfrecords_tools.logs.columns import typed
from tfrecords_tools.logs.feature_rules import require_rules
from tfrecords_tools.logs.location import Location
from tfrecords_tools.schema import Schema


def typed_rows(
    path: pathlib.Path, raw: pa.Table, names: Sequence[str], *, schema: Schema, rows: np.ndarray
) -> dict[str, pa.ChunkedArray]:
    """Columns of a file by name: binary, int64, float32 and lists of them.

    Args:
        path: Path of the file.
        raw: Rows as the file has them (`files.read_columns`).
        names: Columns to read, without `timestamp`.
        schema: Schema that names the columns.
        rows: `[rows]`, the number of each row in the file, from 1.

    Raises:
        DataError: A value of the wrong type, one that breaks a rule of the schema, or a null where there must be a
            value; it names file, column and row.
    """
    types, columns = column_types(schema), {}
    for name in names:
        location = Location(path=path, column=name, rows=rows, needed=name in (*REQUIRED, "weight", "bid"))
        columns[name] = typed(raw[name], types[name], location)
        if location.needed:
            location.require(columns[name])
    require_rules(columns, schema, path=path, rows=rows)
    return columns
