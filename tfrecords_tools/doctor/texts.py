"""Texts that a person reads otherwise: words for nothing, numbers with .0 behind, and texts that look alike."""

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.logs.suspicious_texts import MISSING_WORDS
from tfrecords_tools.printable import shown
from tfrecords_tools.requests import Ragged

_ALIKE = _ODD = 0.01  # of all values
_WITH_POINT = re.compile(rb"-?[0-9]+\.0")
_SEEN_AS_NOTHING = "Cf"  # Unicode's category of joiners, marks of direction and blanks of no width


def examine(table: Table) -> Iterator[Finding]:
    """Of every feature of texts, and of the items' ids."""
    for feature in table.schema.features:
        if feature.dtype == "bytes":
            values, present = table.column(feature)
            yield from _of(feature.key, values.values if isinstance(values, Ragged) else values[present])
    distinct, counts = np.unique(table.requests.item_id, return_counts=True)
    yield from _odd("item/id", distinct, counts, _with_point(distinct), _POINT)
    yield from _alike("item/id", distinct, counts)


def _of(key: str, texts: np.ndarray) -> Iterator[Finding]:
    if not len(texts):
        return
    distinct, counts = np.unique(texts, return_counts=True)
    yield from _odd(key, distinct, counts, [text in MISSING_WORDS for text in distinct.tolist()], _WORD)
    yield from _odd(key, distinct, counts, _with_point(distinct), _POINT)
    yield from _alike(key, distinct, counts)


_WORD = "say that none is there", "they are a category of their own: leave it empty where a value is missing"
_POINT = "are whole numbers with .0 behind", "'7.0' is another token than '7': write whole numbers, here and in serving"


def _odd(
    key: str, distinct: np.ndarray, counts: np.ndarray, odd: list[bool], words: tuple[str, str]
) -> Iterator[Finding]:
    share = counts[odd].sum() / counts.sum()
    if share >= _ODD:
        usual = shown(distinct[odd][np.argmax(counts[odd])])
        yield Finding(
            level=LOOK,
            about="tokens",
            said=f"{share:.0%} of the values of {key} {words[0]}, such as {usual}",
            advice=words[1],
            weight=float(share),
        )


def _with_point(distinct: np.ndarray) -> list[bool]:
    return [bool(_WITH_POINT.fullmatch(text)) for text in distinct.tolist()]


def _alike(key: str, distinct: np.ndarray, counts: np.ndarray) -> Iterator[Finding]:
    """Of texts that a person would take for the same."""
    groups: dict[str, list[tuple[int, bytes]]] = {}
    for text, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        groups.setdefault(_looks(text), []).append((count, text))
    several = [sorted(group, reverse=True) for group in groups.values() if len(group) > 1]
    rare = sum(count for group in several for count, _ in group[1:])
    if not several or rare < _ALIKE * counts.sum():
        return
    usual, other = (text for _, text in max(several, key=lambda group: group[1][0])[:2])
    yield Finding(
        level=NOTE,
        about="tokens",
        said=f"{sum(len(group) - 1 for group in several):,} values of {key} differ from another in capitals, blanks, "
        f"signs that nobody sees or Unicode form alone, such as {shown(other)} and {shown(usual)}",
        advice="each is one of its own: write them alike if they mean the same, in training and in serving",
        weight=float(rare / counts.sum()),
    )


def _looks(text: bytes) -> str:
    plain = unicodedata.normalize("NFKC", text.decode(errors="backslashreplace"))
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != _SEEN_AS_NOTHING)
    return " ".join(seen.casefold().split())
