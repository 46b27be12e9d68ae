"""Columns of bytes that are no text: a category that no JSON of a request, and no CSV file, can name."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.ids import is_utf8
from tfrecords_tools.logs.column_kinds import is_bytes, is_list
from tfrecords_tools.printable import shown
from tfrecords_tools.schema import Schema

_UUID_BYTES = 16


@dataclasses.dataclass(kw_only=True)
class SuspiciousBytes:
    """What `add` has seen in the files of a log.

    Attributes:
        names: The columns of features that are text.
    """

    names: Sequence[str]
    _odd: dict[str, tuple[int, bytes]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema) -> "SuspiciousBytes":
        """Of the categories and lists of text."""
        return cls(names=[feature.key for feature in schema.features if feature.dtype == "bytes"])

    def columns(self, types: Mapping[str, pa.DataType]) -> list[str]:
        """Those to look at in a file whose columns say that they have these types."""
        return [name for name in self.names if name in types and is_bytes(_innermost(types[name]))]

    def add(self, raw: pa.Table) -> None:
        """Counts the values that are no text in UTF-8."""
        for name in raw.column_names:
            values = raw[name].combine_chunks()
            while not is_bytes(values.type):
                values = pc.list_flatten(values) if is_list(values.type) else values.cast(values.type.value_type)
            for each in pc.value_counts(values):
                value = each["values"].as_py()
                if value is not None and not is_utf8(value):
                    count, first = self._odd.get(name, (0, value))
                    self._odd[name] = count + each["counts"].as_py(), first

    def lines(self) -> Iterator[str]:
        """One line a column of which some values are no text."""
        for name, (count, first) in self._odd.items():
            uuid = " (a UUID of 16 bytes as its 36 letters)" if len(first) == _UUID_BYTES else ""
            yield (
                f"column {name}: {count:,} values, such as {shown(first)}, are bytes that are no text in UTF-8, so a "
                f"request in JSON cannot name them: write text, here and in serving{uuid}"
            )


def _innermost(kind: pa.DataType) -> pa.DataType:
    return _innermost(kind.value_type) if is_list(kind) or pa.types.is_dictionary(kind) else kind
