"""Texts of a CSV log that are read as they stand, but look as if their writer meant something else."""

import collections
import dataclasses
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.schema import Schema

_WORDS = pa.array([b"NULL", b"null", b"NA", b"N/A", b"None", b"nan", b"NaN", b"\\N"])
_SEPARATED = r"\||^\s*\["
_BLANK = r"\S\s+\S"
_NAMED = 3  # words in a line


@dataclasses.dataclass(kw_only=True)
class SuspiciousTexts:
    """What `add` has seen in the files of a log.

    Attributes:
        texts: The columns of one text a row.
        lists: The columns of texts separated by `|`.
    """

    texts: Sequence[str]
    lists: Sequence[str]
    _words: dict[str, collections.Counter[bytes]] = dataclasses.field(default_factory=dict)
    _blanks: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    _separated: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, schema: Schema) -> "SuspiciousTexts":
        """Of the features that hold text."""
        texts = [feature for feature in schema.features if feature.dtype == "bytes"]
        return cls(
            texts=[feature.key for feature in texts if feature.kind != "ragged"],
            lists=[feature.key for feature in texts if feature.kind == "ragged"],
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.texts, *self.lists)

    def add(self, raw: pa.Table) -> None:
        """Counts the words and the blanks in a file's columns of bytes."""
        for name in self.columns:
            values = raw[name]
            words = values.filter(pc.is_in(values, value_set=_WORDS)).to_pylist()
            self._words.setdefault(name, collections.Counter()).update(words)
        for name in self.lists:
            if pc.any(pc.match_substring_regex(raw[name], _SEPARATED)).as_py():
                self._separated.add(name)
            self._blanks[name] += pc.sum(pc.match_substring_regex(raw[name], _BLANK)).as_py() or 0

    def lines(self) -> Iterator[str]:
        """One line a column that looks like a mistake."""
        for name, words in self._words.items():
            if words:
                some = ", ".join(f"{word.decode()} in {count:,}" for word, count in words.most_common(_NAMED))
                yield f"column {name}: {some} rows; these words are text, and a value is missing where it is empty"
        for name, rows in self._blanks.items():
            if rows and name not in self._separated:
                yield (
                    f"column {name}: {rows:,} lists hold blanks and none of them |, which separates values: each is "
                    "read as one value"
                )
