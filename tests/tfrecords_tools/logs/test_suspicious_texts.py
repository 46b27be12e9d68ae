"""Tests of tfrecords_tools/logs/suspicious_texts.py."""

import pyarrow as pa

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.suspicious_texts import SuspiciousTexts


def _lines(**columns: list[bytes | None]) -> list[str]:
    seen = SuspiciousTexts(texts=["text"], lists=["list"], wholes=["whole"])
    rows = len(next(iter(columns.values())))
    table = {name: pa.array(columns.get(name, [None] * rows), pa.binary()) for name in ("text", "list", "whole")}
    for row in range(rows):  # as of a file each
        seen.add(pa.table(table).slice(row, 1))
    return list(seen.lines())


def test_words_that_often_mean_missing_are_counted() -> None:
    (line,) = _lines(text=[b"NULL", b"NULL", b"NA", b"red", None, b""])
    assert (
        line == "column text: NULL in 2, NA in 1 rows; these words are text, and a value is missing where it is empty"
    )


def test_what_pandas_spreadsheets_and_browsers_write_for_missing_is_such_a_word() -> None:
    (line,) = _lines(text=[b"<NA>", b"#N/A", b"undefined", b"red"])
    assert line.startswith("column text: ")
    assert all(word in line for word in ("<NA>", "#N/A", "undefined"))


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
    assert seen.wholes == ["item/brand", "cross/bought"]
    assert list(seen.ids) == ["request_id", "item/id"]


def test_a_whole_number_that_begins_with_a_zero_may_be_another_id() -> None:
    (line,) = _lines(whole=[b"0123", b"0123", b"123", b"0", b"10", b"0.5", b"-0", None, b" 007 "])
    assert line == (
        "column whole: 3 values begin with a zero and are read as whole numbers: 0123 and 123 are one value; make the "
        "feature bytes in the schema if they are two"
    )
    (line,) = _lines(whole=[b"1|02|3", b"['04', '5']", b"[06]"])
    assert line.startswith("column whole: 3 values begin with a zero and are read as whole numbers: 02 and 2 are")
    assert _lines(whole=[b"1|20|3", b"[0, 10]", b"0|0"], text=[b"007"] * 3, list=[b"01|02"] * 3) == []


def test_numbers_that_a_spreadsheet_has_shortened_may_be_several() -> None:
    said = "may have been shortened by a spreadsheet, so that several are one: write all digits"
    (line,) = _lines(whole=[b"1.23457E+11", b"9.87654E+11", b"1e+06", b"1.5e3", b"1.2345678901E11"])
    assert line == f"column whole: 2 values, such as 1.23457E+11, {said}"
    (line,) = _lines(text=[b"1.79e+09", b"x1.79e+09"])
    assert line == f"column text: 1 values, such as 1.79e+09, {said}"


def test_whole_numbers_as_doubles_are_another_text() -> None:
    (line,) = _lines(text=[b"17.0", b"17", b"-3.0", b"v1.0", b"1.5"], whole=[b"17.0"] * 5)
    assert line.startswith("column text: 2 values, such as 17.0, are text with .0 behind whole numbers")


def test_a_blank_at_an_end_makes_another_text() -> None:
    (line,) = _lines(text=[b" de", b"fr ", b"de", b"a b", b"  "])
    assert line.startswith("column text: 2 values, such as ' de', have a blank at an end and keep it")


def test_in_parquet_whole_numbers_in_text_alone_are_looked_at() -> None:
    seen = SuspiciousTexts(texts=["text"], lists=["list"], wholes=["a", "b", "c"])
    types = {"text": pa.string(), "list": pa.list_(pa.string()), "a": pa.int64(), "b": pa.list_(pa.string())}
    types |= {"c": pa.dictionary(pa.int8(), pa.string())}
    assert seen.columns(types) == ("b", "c")
    seen.add(pa.table({"b": pa.array([["01", "2"]], types["b"]), "c": pa.array(["02"]).dictionary_encode()}))
    assert [line.split(" and are")[0] for line in seen.lines()] == [
        f"column {name}: 1 values begin with a zero" for name in "bc"
    ]
