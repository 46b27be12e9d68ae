"""Where the values of a log stand, so that an error can say which of them is wrong."""

import dataclasses
import pathlib
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools import printable
from tfrecords_tools.requests import DataError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Location:
    """Values of one column of a log file.

    Attributes:
        path: Path of the file.
        column: The column's name.
        rows: `[values]`: the number of each value's row in the file, from 1; a CSV file's header is no row.
        needed: Whether no row may be without a value, so that no rule offers it.
    """

    path: pathlib.Path
    column: str
    rows: np.ndarray
    needed: bool = False

    def take(self, values: np.ndarray) -> "Location":
        """The location of the values with these indices, or of those where a flag is set."""
        return dataclasses.replace(self, rows=self.rows[values])

    def refuse(self, bad: np.ndarray | pa.Array, rule: str, values: Any = None) -> None:
        """Refuses the first value whose flag is set; a null flag is none.

        Raises:
            DataError: There is one; it names file, row, column, rule and value.
        """
        flags = bad if isinstance(bad, np.ndarray) else pc.fill_null(bad, False).to_numpy(zero_copy_only=False)
        if flags.any():
            first = int(np.argmax(flags))
            came = "" if values is None else f"; it is {shown(values[first])}"
            raise DataError(f"{self.path}, row {self.rows[first]}, column {self.column}: {rule}{came}")

    def require(self, column: pa.ChunkedArray) -> None:
        """Refuses the first row without a value.

        Raises:
            DataError: There is one; it names file, row and column.
        """
        if column.null_count:
            self.refuse(pc.is_null(column), "needs a value in every row")

    def refuse_all(self, rule: str) -> NoReturn:
        """Refuses a column for what it is.

        Raises:
            DataError: Always; it names file, column and rule.
        """
        raise DataError(f"{self.path}, column {self.column}: {rule}")


def shown(value: Any) -> str:
    """A value of an Arrow column on one line, cut where it is long."""
    plain = value.as_py() if isinstance(value, pa.Scalar) else value
    return printable.shown(plain)
