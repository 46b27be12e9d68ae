"""Tests of tfrecords_tools/logs/time_texts.py."""

import pyarrow as pa
import pytest

from tests.tfrecords_tools.logs.log_columns import read
from tfrecords_tools.requests import DataError

MIDNIGHT = 1_793_491_200  # of 2026-11-01 in UTC


def _seconds(texts: list[str]) -> list[int]:
    return [second - MIDNIGHT for second in read(texts, pa.int64(), column="timestamp")]


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("1793491205", 5),
        ("1793491205.9", 5),
        ("1.793491205e9", 5),
        ("2026-11-01", 0),
        ("2026-11-1", 0),
        ("2026-11-01 00:00:05", 5),
        ("2026-11-01T00:00:05.123456789", 5),
        ("2026-11-01 5:03", 18_180),
        ("2026-11-01 5:03:00", 18_180),
        ("2026-11-01T05:03:00Z", 18_180),
        ("2026-11-01 05:03:00+00:00", 18_180),
        ("2026-11-01 05:03:00.5 UTC", 18_180),
        ("2026-11-01T05:03:00+02:00", 10_980),
        ("2026-11-01T05:03:00-0230", 27_180),
    ],
)
def test_times_as_pandas_r_and_people_write_them(text: str, second: int) -> None:
    assert _seconds([text]) == [second]
    assert _seconds(["1793491200", "2026-11-01 00:00:01", text]) == [0, 1, second]


@pytest.mark.parametrize(
    "text",
    ["11/1/2026", "1.11.2026", "2026-02-30", "2026-11-01 24:00:00", "5 pm", "2026-11-01 05:03:00 PM", "9e99", "True"]
    + ["2026-11-01 05:03:00 CET", "20261101T05", "1" * 400 + ".0"],
)
def test_other_text_is_no_time(text: str) -> None:
    with pytest.raises(
        DataError, match=r"row 3, column timestamp: seconds since 1970, a date, as 2026-11-01, or a date"
    ):
        _seconds(["2026-11-01 00:00:00", "1793491200", text])


@pytest.mark.parametrize("text", ["1.79349E+09", "1.7935e+09", "1.79E+09"])
def test_seconds_that_a_spreadsheet_has_shortened_are_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column timestamp: a time in so few digits .* in full, as 1793491200;"):
        _seconds(["1793491200", text])
    assert _seconds(["1.7934912E9", "1.793491200000000000e+09"]) == [0, 0]  # Spark and numpy


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1793491200000", "milliseconds since 1970, the first of 2026-11-01 00:00:00"),
        ("1793491200000000", "microseconds since 1970, the first of 2026-11-01 00:00:00"),
        ("1793491200000000000", "nanoseconds since 1970, the first of 2026-11-01 00:00:00"),
        ("639290880000000000", "ticks of 100 ns since the year 1, as .NET counts, the first of 2026-11-01 00:00:00"),
        ("134379648000000000", "ticks of 100 ns since 1601, as Windows counts, the first of 2026-11-01 00:00:00"),
    ],
)
def test_what_counts_time_in_another_unit_is_named(text: str, unit: str) -> None:
    with pytest.raises(DataError, match=rf"row 2, column timestamp: .* these look like {unit}; it is '{text}'$"):
        _seconds(["1793491200", text])


def test_a_number_of_no_year_is_refused() -> None:
    for text in ("99999999999999", "-99999999999999", "9" * 25):
        with pytest.raises(DataError, match=rf"row 1, column timestamp: .*; this is of no year; it is '{text}'$"):
            _seconds([text])
