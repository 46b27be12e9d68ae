"""What is read as it stands in the files of a log or a catalog, but looks like a mistake: a line for each column."""

import pathlib
from collections.abc import Iterator

import pyarrow as pa

from tfrecords_tools.logs.files import column_names, column_types_of
from tfrecords_tools.logs.suspicious_bids import SuspiciousBids
from tfrecords_tools.logs.suspicious_bytes import SuspiciousBytes
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
        self._bids, self._bytes = SuspiciousBids(), SuspiciousBytes.of(schema)

    def columns(self, path: pathlib.Path) -> list[str]:
        """The columns of a file to look at, by their types."""
        types, found = column_types_of(path), column_names(path)
        texts_and_numbers = [*self._texts.columns(types), *self._numbers.columns(found, types)]
        return list(dict.fromkeys([*texts_and_numbers, *self._bids.columns(found), *self._bytes.columns(types)]))

    def add(self, path: pathlib.Path, raw: pa.Table) -> None:
        """Looks at those columns of a file that are in `raw`.

        Raises:
            DataError: A bid that is no number.
        """
        types, found = column_types_of(path), column_names(path)

        def own(columns: list[str] | tuple[str, ...]) -> pa.Table:
            return raw.select([name for name in dict.fromkeys(columns) if name in raw.column_names])

        as_text = own([*self._texts.columns(types), *self._numbers.columns(found, types)])
        self._texts.add(as_text)
        self._numbers.add(as_text)
        self._bytes.add(own(self._bytes.columns(types)))
        if len(bids := own(self._bids.columns(found)).column_names):
            self._bids.add(path, raw.select(bids))

    def lines(self) -> Iterator[str]:
        """One line a column that looks like a mistake."""
        for each in (self._texts, self._numbers, self._bids, self._bytes):
            yield from each.lines()
