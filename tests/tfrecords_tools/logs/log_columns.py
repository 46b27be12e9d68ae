"""A column of a synthetic log file, to read values from by themselves."""

import pathlib
from typing import Any

import numpy as np
import pyarrow as pa

from tfrecords_tools.logs.columns import typed
from tfrecords_tools.logs.location import Location


def location(rows: int, *, column: str = "x", path: str = "log.csv") -> Location:
    """Rows 1 to `rows` of a column of a file."""
    return Location(path=pathlib.Path(path), column=column, rows=np.arange(1, rows + 1))


def read(values: Any, wanted: pa.DataType, *, column: str = "x", path: str = "log.csv") -> list[Any]:
    """What `typed` makes of values, the first of them in a chunk of its own, as a file's blocks are."""
    array = values if isinstance(values, pa.Array) else pa.array(values)
    chunks = pa.chunked_array([array.slice(0, 1), array.slice(1)])
    return typed(chunks, wanted, location(len(array), column=column, path=path)).to_pylist()
