"""Tests of tfrecords_tools/logs/suspicious_numbers.py."""

import pyarrow as pa
import pytest

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.suspicious_numbers import SuspiciousNumbers


def _lines(*values: str | None) -> list[str]:
    seen = SuspiciousNumbers(names=["x"])
    seen.add(pa.table({"x": pa.array([None if value is None else value.encode() for value in values], pa.binary())}))
    return list(seen.lines())


def test_points_between_thousands_may_be_taken_for_decimal_points() -> None:
    assert _lines("1.234", "999", "12.500", None, "", "NA", " -2.000 ", "1.234.567") == [
        "column x: 4 numbers, such as 1.234, have three digits behind each point and none has another form; they are "
        "read as decimals: if the points stand between thousands, write 1234"
    ]


@pytest.mark.parametrize("other", ["1.5", "0.123", "1234", "1.2345", "1e3", "1234.567", ".500", "x", "nan"])
def test_a_number_that_has_no_such_points_tells_that_they_are_decimal_points(other: str) -> None:
    assert _lines("1.234", "12.500", other) == []
    assert _lines(other, "1.234") == []
    assert _lines(*["1.234"] * 2000, other) == []  # behind those that are looked at first


def test_small_whole_numbers_alone_say_nothing() -> None:
    assert _lines("1", "22", "333", None) == []
    assert _lines() == []


def test_a_column_is_looked_at_over_all_files() -> None:
    for first, second, lines in (("1.234", "5.678", 1), ("1.234", "5.6", 0), ("5.6", "1.234", 0)):
        seen = SuspiciousNumbers(names=["x", "y"])
        seen.add(pa.table({"x": [first]}))
        seen.add(pa.table({"x": [second], "z": ["1.234"]}))
        assert len(list(seen.lines())) == lines


def test_it_looks_at_single_numbers_that_are_text() -> None:
    seen = SuspiciousNumbers.of(tiny_schema())
    assert seen.names == ["query/age", "query/visits", "item/price", "item/discount", "cross/seen", "bid"]
    types = {"query/age": pa.string(), "query/visits": pa.float32(), "item/price": pa.list_(pa.string())}
    types |= {"bid": pa.dictionary(pa.int8(), pa.string())}
    assert seen.columns([*types, "surface"], types) == ["query/age", "bid"]
    assert seen.columns(["query/visits", "surface"], {}) == ["query/visits"]
    bids, ages = pa.array(["1.234", "2.000"]).dictionary_encode(), pa.array([b"\xff", None])
    seen.add(pa.table({"bid": bids, "query/age": ages}))
    assert [line.split(",")[0] for line in seen.lines()] == ["column bid: 2 numbers"]
