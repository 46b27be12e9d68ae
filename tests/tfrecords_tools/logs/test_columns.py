"""Tests of tfrecords_tools/logs/columns.py and of the types that its neighbors read: columns of Parquet."""

import datetime
import decimal
import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.malformed import refused
from tests.tfrecords_tools.logs import log_columns
from tfrecords_tools.requests import DataError

TEXT, WHOLE, NUMBER = pa.binary(), pa.int64(), pa.float32()
TEXTS, WHOLES, NUMBERS = (pa.list_(kind) for kind in (TEXT, WHOLE, NUMBER))
ONE_DAY = datetime.date(2026, 11, 1)


def read(values: Any, wanted: pa.DataType, *, column: str = "x") -> list[Any]:
    return log_columns.read(values, wanted, column=column, path="log.parquet")


@pytest.mark.parametrize(
    ("values", "wanted", "came"),
    [
        (pa.array([1.0, None, 2.0**53 - 1]), WHOLE, [1, None, 2**53 - 1]),
        (pa.array([1, 2**63 - 1], pa.uint64()), WHOLE, [1, 2**63 - 1]),
        (pa.array([True, None]), WHOLE, [1, None]),
        (pa.array(np.array([1, 2], np.float16)), WHOLE, [1, 2]),
        (pa.array([decimal.Decimal("7.00")]), WHOLE, [7]),
        (pa.array([decimal.Decimal("-9223372036854775807.00")]), WHOLE, [1 - 2**63]),
        (pa.array([2.0**24 - 1], pa.float32()), WHOLE, [2**24 - 1]),
        (pa.array(["7", "2.0"]).dictionary_encode(), WHOLE, [7, 2]),
        (pa.array([b"7"]), WHOLE, [7]),
        (pa.array([decimal.Decimal("1.50")]), NUMBER, [1.5]),
        (pa.array([True, False]), NUMBER, [1.0, 0.0]),
        (pa.array([2**60]), NUMBER, [2.0**60]),
        (pa.array(["a", ""], pa.large_string()), TEXT, [b"a", None]),
        (pa.array(["a"], pa.string_view()), TEXT, [b"a"]),
        (pa.array([b"\xff\xfe"]), TEXT, [b"\xff\xfe"]),
        (pa.array([None, None]), TEXTS, [None, None]),
        (pa.array([["a"], [], None], pa.large_list(pa.large_string())), TEXTS, [[b"a"], [], None]),
        (pa.array([["a"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), TEXTS, [[b"a"]]),
        (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float64(), 2)), NUMBERS, [[1, 2], None, [3, 4]]),
        (pa.array([[1, 2], None, [3, 4]], pa.list_(pa.float64(), 2)), WHOLES, [[1, 2], None, [3, 4]]),
        (pa.FixedShapeTensorArray.from_numpy_ndarray(np.ones((2, 3), np.float32)), NUMBERS, [[1, 1, 1]] * 2),
    ],
)
def test_a_type_becomes_another_exactly(values: pa.Array, wanted: pa.DataType, came: list[Any]) -> None:
    assert read(values, wanted) == came


@pytest.mark.parametrize(
    "value", [1_793_491_200, 1_793_491_200.5, ONE_DAY, datetime.datetime(2026, 11, 1, 0, 0, 0, 5), "2026-11-01"]
)
def test_a_time_of_any_type_is_seconds(value: Any) -> None:
    assert read([value], WHOLE, column="timestamp") == [1_793_491_200]


def test_dates_in_milliseconds_and_time_zones_are_seconds_of_utc() -> None:
    assert read(pa.array([ONE_DAY], pa.date64()), WHOLE, column="timestamp") == [1_793_491_200]
    assert read(pa.array([5_000], pa.timestamp("ms", "Europe/Berlin")), WHOLE, column="timestamp") == [5]


@pytest.mark.parametrize(
    ("values", "wanted", "message"),
    [
        ([0.5, float("nan")], NUMBER, "row 2, column x: a missing value is null .*, not NaN$"),
        ([1.0, float("nan")], WHOLE, "row 2, column x: a missing value is null .*, not NaN$"),
        ([1.0, 2.5], WHOLE, "row 2, column x: a whole number is the rule; it is 2.5$"),
        (
            [1.0, 2.0**53],
            WHOLE,
            r"row 2, column x: a double of 2\^53 or more may have lost .* it is 9007199254740992.0$",
        ),
        (
            pa.array([2.0**24 - 1, 2.0**24], pa.float32()),
            WHOLE,
            r"row 2, column x: a float32 of 2\^24 or more may have lost",
        ),
        (
            pa.array(np.array([1, 2048], np.float16)),
            WHOLE,
            r"row 2, column x: a half float of 2\^11 or more may have lost",
        ),
        (
            [decimal.Decimal(2**63)],
            WHOLE,
            r"row 1, column x: a whole number is from -2\^63 to 2\^63 - 1: .* it is '9223372",
        ),
        (pa.array([1, 2**63], pa.uint64()), WHOLE, r"row 2, .*from -2\^63 to 2\^63 - 1: make the feature bytes"),
        ([decimal.Decimal("1.50")], WHOLE, "row 1, column x: a whole number is the rule, .*; it is '1.50'$"),
        ([1e300], NUMBER, r"row 1, column x: a finite number, below 3.4e38, is the rule; it is 1e\+300$"),
        (
            [[0.5], [0.5, None]],
            NUMBERS,
            "row 2, column x: no null inside a vector: give a number in its place, or leave",
        ),
        ([["a"], [""]], TEXTS, "row 2, column x: no null and no empty text inside a list: leave it out"),
        (pa.array([[1], [2, 2**63]], pa.list_(pa.uint64())), WHOLES, r"row 2, .* it is 9223372036854775808$"),
        ([[1.0], [2.0**60]], WHOLES, r"row 2, column x: a double of 2\^53 or more"),
        (
            [ONE_DAY],
            WHOLE,
            "column x: whole numbers are needed and dates came: give the days or the seconds since a fixed",
        ),
        ([ONE_DAY], NUMBER, "column x: numbers are needed and dates came: give the days or the seconds since a fixed"),
        (
            [datetime.time(1)],
            NUMBER,
            "column x: numbers are needed and times of day came: give the seconds, as numbers$",
        ),
        ([datetime.timedelta(1)], NUMBER, "column x: numbers are needed and durations came: give the seconds"),
        (
            [[1.0]],
            NUMBER,
            "column x: numbers are needed and lists came: give one number a row, or make the feature dense",
        ),
        (
            [[[1.0], [2.0]]],
            NUMBERS,
            "column x: one list a row is needed and lists of lists came: give the values of all",
        ),
        ([1], TEXT, "column x: text is needed and whole numbers came: numbers are no text; give text, or make"),
        ([True], TEXT, "column x: text is needed and true and false came: give text, or make the feature int64 or"),
        ([ONE_DAY], TEXT, "column x: text is needed and dates came: give text, such as 2026-11-01; each value"),
        ([["a"]], TEXT, "column x: text is needed and lists came: make the feature ragged in the schema$"),
        ([{"a": 1}], TEXT, "column x: .* values of several fields came: give each of its fields a column of its own$"),
        ([[1]], TEXTS, "column x: text is needed and whole numbers came"),
        ([1], WHOLES, r"column x: lists are needed, or values separated by \|, and whole numbers came: give a list"),
        ([[{"a": 1}]], TEXTS, "column x: lists of values are needed and lists of several fields came: give each field"),
        ([[["a"]]], TEXTS, "column x: one list a row is needed and lists of lists came: "),
        (
            [{"a": 1}],
            WHOLE,
            "column x: whole numbers are needed and values of several fields came: give each of its fields",
        ),
    ],
)
def test_what_would_be_lost_is_refused_in_our_words(values: Any, wanted: pa.DataType, message: str) -> None:
    with pytest.raises(DataError, match=rf"^log.parquet, {message}"):
        read(values, wanted)


def test_a_time_in_decimals_is_cut_to_its_second_as_one_in_doubles() -> None:
    times = [decimal.Decimal("1793491200.999"), None, decimal.Decimal("-0.5")]
    assert read(pa.array(times, pa.decimal128(20, 3)), WHOLE, column="timestamp") == [1_793_491_200, None, -1]
    assert read(pa.array(times, pa.decimal256(40, 3)), WHOLE, column="timestamp") == [1_793_491_200, None, -1]


def test_an_identifier_of_16_bytes_is_its_text() -> None:
    """A server is told the text: raw bytes would be another token to it."""
    own = uuid.UUID("12345678-1234-5678-1234-567812345678")
    column = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([own.bytes, None], pa.binary(16)))
    for name in ("query/session", "request_id"):
        assert read(column, TEXT, column=name) == [str(own).encode(), None]


@pytest.mark.parametrize("value", [float("nan"), 1e300, True, datetime.time(1)])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(DataError, match=r"^log.parquet, (row 1, )?column timestamp: "):
        read([value], WHOLE, column="timestamp")


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        ([20261101, 20261231, None], "2026-11-01"),
        (["20261101"], "2026-11-01"),
        ([20261101.0], "2026-11-01"),
        ([2014102100, 2014102123], "2014-10-21 00:00:00"),
        (["202611010530"], "2026-11-01 05:30:00"),
        ([20261101053001], "2026-11-01 05:30:01"),
    ],
)
def test_a_date_in_digits_alone_is_refused_and_shown_as_it_should_be(values: list[Any], meant: str) -> None:
    rule = (
        f"row 1, column timestamp: a date in digits alone would be read as seconds since 1970; write it as {meant}; it"
    )
    with refused("log", values, DataError, match=rf"^log.parquet, {rule}"):
        read(values[:1], WHOLE, column="timestamp")


def test_seconds_that_are_no_dates_stay_seconds() -> None:
    """There is no 13th month: counted from another start, these are 234 days and 2,000 seconds."""
    assert read(pa.array([20_261_301, 20_261_101, 20_261_302]), WHOLE, column="timestamp")[0] == 20_261_301


def test_a_time_in_single_precision_may_be_minutes_off() -> None:
    with pytest.raises(DataError, match=r"column timestamp: a float32 of 2\^24 or more may have lost its last digits"):
        read(pa.array([1_793_491_200.0], pa.float32()), WHOLE, column="timestamp")


@pytest.mark.parametrize("column", ["surface", "item/product"])
def test_numbers_for_a_name_of_the_schema_are_told_so(column: str) -> None:
    with pytest.raises(DataError, match=r"whole numbers came: the schema's names are the rule, as text$"):
        read([1], TEXT, column=column)


def test_identifiers_are_text_or_whole_numbers() -> None:
    assert read([5, 6], TEXT, column="item/id") == [b"5", b"6"]
    for value, rule in (
        (5.0, r"text is needed and numbers came: an id is text or a whole number \(int64\)$"),
        (b"\xe9", "text in UTF-8 is the rule"),
        ("a\0", "a name does not end in"),
    ):
        with pytest.raises(DataError, match=rf"column item/id: {rule}"):
            read([value], TEXT, column="item/id")
