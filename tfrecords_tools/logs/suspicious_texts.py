"""Texts of a log that are read as they stand, but look as if their writer meant something else."""

import collections
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.logs.column_kinds import holds_text, is_list
from tfrecords_tools.logs.columns import IDENTIFIERS
from tfrecords_tools.logs.number_texts import SHORTENED
from tfrecords_tools.printable import cut
from tfrecords_tools.schema import Schema

MISSING_WORDS = frozenset(
    (b"NULL", b"null", b"(null)", b"NA", b"N/A", b"n/a", b"#N/A", b"<NA>", b"None", b"nan", b"NaN", b"NaT", b"\\N")
    + (b"undefined",)
)
_WORDS = pa.array(sorted(MISSING_WORDS))
_SEPARATED = r"\||^\s*\["
_BLANK = r"\S\s+\S"
_PADDED = re.compile(r"(?:^|[|\[,\s'\"])([+-]?0[0-9]+)(?:$|[|\],\s'\"])")
_SHORT = rf"^\s*{SHORTENED}\s*$"
_FORMS = {  # of one text a row, and what they may mean
    _SHORT: "may have been shortened by a spreadsheet, so that several are one: write all digits",
    r"^\s+\S|\S\s+$": "have a blank at an end and keep it, which is another text without it: write them without",
    r"^-?[0-9]+\.0$": "are text with .0 behind whole numbers, which is another text without it: write 7, not 7.0",
}
_NAMED = 3  # words in a line


@dataclasses.dataclass(kw_only=True)
class SuspiciousTexts:
    """What `add` has seen in the files of a log.

    Attributes:
        texts: The columns of one text a row.
        lists: The columns of texts separated by `|`.
        wholes: The columns of whole numbers, one a row or a list of them.
        ids: The columns of ids that are no features.
    """

    texts: Sequence[str]
    lists: Sequence[str]
    wholes: Sequence[str] = ()
    ids: Sequence[str] = ()
    _words: dict[str, collections.Counter[bytes]] = dataclasses.field(default_factory=dict)
    _blanks: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    _padded: dict[str, collections.Counter[str]] = dataclasses.field(default_factory=dict)
    _forms: dict[str, dict[str, tuple[int, str]]] = dataclasses.field(default_factory=dict)
    _separated: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, schema: Schema) -> "SuspiciousTexts":
        """Of the features that hold text, and of the categories that are whole numbers."""
        texts = [feature for feature in schema.features if feature.dtype == "bytes"]
        return cls(
            texts=[feature.key for feature in texts if feature.kind != "ragged"],
            lists=[feature.key for feature in texts if feature.kind == "ragged"],
            wholes=[f.key for f in schema.features if f.dtype == "int64" and f.kind in ("categorical", "ragged")],
            ids=IDENTIFIERS,
        )

    def columns(self, types: Mapping[str, pa.DataType]) -> tuple[str, ...]:
        """Those to look at in a file whose columns have these types; in Parquet texts are what they say they are."""
        every = (*self.texts, *self.lists, *self.wholes, *self.ids)
        return tuple(name for name in every if name not in types or (name in self.wholes and holds_text(types[name])))

    def add(self, raw: pa.Table) -> None:
        """Counts the words, the blanks and the forms of numbers in a file's columns of text, those that it has."""
        texts, lists, wholes, ids = (
            [name for name in names if name in raw.column_names]
            for names in (self.texts, self.lists, self.wholes, self.ids)
        )
        for name in wholes:
            self._padded.setdefault(name, collections.Counter()).update(_padded(raw[name]))
        for name in (*texts, *wholes, *ids):
            self._add_forms(name, [_SHORT] if name in wholes else list(_FORMS), _plain(raw[name]))
        for name in (*texts, *lists):
            values = raw[name]
            words = values.filter(pc.is_in(values, value_set=_WORDS)).to_pylist()
            self._words.setdefault(name, collections.Counter()).update(words)
        for name in lists:
            if pc.any(pc.match_substring_regex(raw[name], _SEPARATED)).as_py():
                self._separated.add(name)
            self._blanks[name] += pc.sum(pc.match_substring_regex(raw[name], _BLANK)).as_py() or 0

    def _add_forms(self, name: str, forms: Sequence[str], values: pa.ChunkedArray) -> None:
        if is_list(values.type):
            return
        odd = values.filter(pc.match_substring_regex(values, "|".join(forms)))  # one look at what is mostly in order
        for form in forms:
            hits = odd.filter(pc.match_substring_regex(odd, form))
            if len(hits):
                count, first = self._forms.setdefault(name, {}).get(form, (0, _first(hits[0].as_py())))
                self._forms[name][form] = count + len(hits), first

    def lines(self) -> Iterator[str]:
        """One line a column that looks like a mistake."""
        for name, words in self._words.items():
            if words:
                some = ", ".join(f"{word.decode()} in {count:,}" for word, count in words.most_common(_NAMED))
                yield f"column {name}: {some} rows; these words are text, and a value is missing where it is empty"
        for name, forms in self._forms.items():
            for form, (count, first) in forms.items():
                yield f"column {name}: {count:,} values, such as {first}, {_FORMS[form]}"
        for name, found in self._padded.items():
            if found:
                ((first, _),) = found.most_common(1)
                yield (
                    f"column {name}: {found.total():,} values begin with a zero and are read as whole numbers: {first} "
                    f"and {int(first)} are one value; make the feature bytes in the schema if they are two"
                )
        for name, rows in self._blanks.items():
            if rows and name not in self._separated:
                yield (
                    f"column {name}: {rows:,} lists hold blanks and none of them |, which separates values: each is "
                    "read as one value"
                )


def _padded(column: pa.ChunkedArray) -> collections.Counter[str]:
    """How often each whole number that begins with a zero stands in a column of texts, or of lists of them."""
    plain = _plain(column)
    texts = pc.list_flatten(plain) if is_list(plain.type) else plain
    texts = texts.filter(pc.match_substring_regex(texts, _PADDED.pattern))
    return collections.Counter(number for value in texts.to_pylist() for number in _PADDED.findall(_text(value)))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _text(value: bytes | str) -> str:
    """Bytes as text."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _first(value: bytes | str) -> str:
    """A value that a line names, in quotes where it would not show without."""
    text = _text(value)
    return cut(text if text == text.strip() else repr(text))
