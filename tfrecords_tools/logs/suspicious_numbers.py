"""Columns of numbers that may have points between their thousands, which would be read as decimal points."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs.column_kinds import holds_text, is_list
from tfrecords_tools.logs.number_texts import GROUPED, present
from tfrecords_tools.schema import Schema

_BELOW_1000 = r"^[+-]?[0-9]{1,3}$"
_FEW = 1000  # rows that are looked at before all


@dataclasses.dataclass(kw_only=True)
class SuspiciousNumbers:
    """What `add` has seen in the files of a log.

    Attributes:
        names: The columns of one number a row, without those that had a number of another form.
    """

    names: list[str]
    _grouped: dict[str, tuple[int, str]] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, schema: Schema) -> "SuspiciousNumbers":
        """Of the features that are one number, and the bid."""
        return cls(names=[*(f.key for f in schema.features if f.kind == "continuous"), "bid"])

    def columns(self, found: Sequence[str], types: Mapping[str, pa.DataType]) -> list[str]:
        """Those to look at in a file with the columns `found`, which are text where `types` does not say another."""
        texts = (name for name in self.names if name in found)
        return [name for name in texts if name not in types or (holds_text(types[name]) and not is_list(types[name]))]

    def add(self, raw: pa.Table) -> None:
        """Counts the numbers whose digits stand in groups of three, as long as a column has no others."""
        for name in [name for name in self.names if name in raw.column_names]:
            if not self._all_grouped(name, raw[name].slice(0, _FEW)) or not self._all_grouped(name, raw[name]):
                self.names.remove(name)
                self._grouped.pop(name, None)
                continue
            texts = _texts(raw[name])
            grouped = texts.filter(pc.match_substring_regex(texts, GROUPED))
            if len(grouped):
                count, first = self._grouped.get(name, (0, grouped[0].as_py()))
                self._grouped[name] = count + len(grouped), first

    def _all_grouped(self, name: str, column: pa.ChunkedArray) -> bool:
        texts = _texts(column)
        either = pc.match_substring_regex(texts, f"{GROUPED}|{_BELOW_1000}")
        return bool(pc.all(either, min_count=0).as_py())

    def lines(self) -> Iterator[str]:
        """One line a column that looks like a mistake."""
        for name, (count, first) in self._grouped.items():
            yield (
                f"column {name}: {count:,} numbers, such as {first}, have three digits behind each point and none has "
                f"another form; they are read as decimals: if the points stand between thousands, write {_whole(first)}"
            )


def _texts(column: pa.ChunkedArray) -> pa.StringArray:
    """The values that are there; bytes that are no text are no number either, and reading them refuses them."""
    plain = column.combine_chunks() if not pa.types.is_dictionary(column.type) else column.cast(column.type.value_type)
    plain = plain.combine_chunks() if isinstance(plain, pa.ChunkedArray) else plain
    try:
        return pc.drop_null(present(plain.cast(pa.string())))
    except pa.ArrowInvalid:
        return pa.array(["?"])


def _whole(text: str) -> str:
    return text.replace(".", "")
