"""What is read as it stands in the files of a log or a catalog, but looks like a mistake: a line for each column."""

import pathlib
from collections.abc import Iterator, Sequence

import pyarrow as pa

from tfrecords_tools.logs.files import column_names, column_types_of
from tfrecords_tools.logs.suspicious_numbers import SuspiciousNumbers
from tfrecords_tools.logs.suspicious_texts import SuspiciousTexts
from tfrecords_tools.schema import Schema


class Suspicions:
    """Looks at the files one after another.

    Args:
        schema: Schema that names the columns.
    """

    def __init__(self, schema: Schema) -> None:
        self._texts, self._numbers = SuspiciousTexts.of(schema), SuspiciousNumbers.of(schema)

    def columns(self, path: pathlib.Path) -> list[str]:
        """The columns of a file to look at, by their types."""
        types = column_types_of(path)
        return [*self._texts.columns(types), *self._numbers.columns(column_names(path), types)]

    def add(self, raw: pa.Table, columns: Sequence[str]) -> None:
        """Looks at these columns of a file (`columns`)."""
        if columns:
            own = raw.select(list(dict.fromkeys(columns)))
            self._texts.add(own)
            self._numbers.add(own)

    def lines(self) -> Iterator[str]:
        """One line a column that looks like a mistake."""
        yield from self._texts.lines()
        yield from self._numbers.lines()
