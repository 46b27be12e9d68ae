"""Tests of tfrecords_tools/logs/suspicious_texts.py."""

import pyarrow as pa

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.suspicious_texts import SuspiciousTexts


def _lines(**columns: list[bytes | None]) -> list[str]:
    seen = SuspiciousTexts(texts=["text"], lists=["list"])
    rows = len(next(iter(columns.values())))
    table = {name: pa.array(columns.get(name, [None] * rows), pa.binary()) for name in ("text", "list")}
    for row in range(rows):  # as of a file each
        seen.add(pa.table(table).slice(row, 1))
    return list(seen.lines())


def test_words_that_often_mean_missing_are_counted() -> None:
    (line,) = _lines(text=[b"NULL", b"NULL", b"NA", b"red", None, b""])
    assert (
        line == "column text: NULL in 2, NA in 1 rows; these words are text, and a value is missing where it is empty"
    )


def test_lists_that_hold_blanks_alone_are_counted() -> None:
    (line,) = _lines(list=[b"red shoe", b"big", b"a b", b"\xff \xfe"])
    assert line.startswith("column list: 3 lists hold blanks and none of them |, which separates values")


def test_where_lists_are_separated_a_blank_is_a_blank() -> None:
    assert _lines(list=[b"red shoe", b"red|shoe"]) == []
    assert _lines(list=[b"red shoe", b'["red"]']) == []
    assert _lines(text=[b"red shoe"], list=[b"red"]) == []


def test_it_looks_at_the_features_that_hold_text() -> None:
    seen = SuspiciousTexts.of(tiny_schema())
    assert seen.texts == ["query/country"]
    assert seen.lists == ["query/words", "item/tags"]
