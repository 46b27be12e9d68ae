"""Tests of tfrecords_tools/logs/number_texts.py."""

import pyarrow as pa
import pytest

from tests.tfrecords_tools.logs.log_columns import read
from tfrecords_tools.requests import DataError

WHOLE = pa.int64()
NUMBER = pa.float32()


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["4", "-4", "+7", "007", "4.0", "4.", "4.000", "-0.0"], [4, -4, 7, 7, 4, 4, 4, 0]),
        (["True", "FALSE", "true", "False", " 4 "], [1, 0, 1, 0, 4]),
        (["", " ", "NULL", "null", "NA", None], [None] * 6),
        (["1e5", "1e+05", "1.5e1", "9.007199254740991e15"], [100_000, 100_000, 15, 2**53 - 1]),  # as R writes 100,000
        (["9007199254740993", "-9223372036854775808", "9223372036854775807"], [2**53 + 1, -(2**63), 2**63 - 1]),
    ],
)
def test_whole_numbers_as_pandas_and_r_write_them(texts: list[str | None], numbers: list[int | None]) -> None:
    assert read(texts, WHOLE) == numbers


@pytest.mark.parametrize("text", ["abc", "4.5", "1,000", "1_0", "0x10", "nan", "inf", "٣", "1e-400", "1 2", "-", "e5"])
def test_other_text_is_no_whole_number(text: str) -> None:
    with pytest.raises(DataError, match=r"^log.csv, row 3, column x: a whole number is the rule, as 4, 4.0 or True"):
        read(["1", "4.0", text, text], WHOLE)


@pytest.mark.parametrize("text", ["Y", "no", "f"])
def test_yes_and_no_are_numbers(text: str) -> None:
    with pytest.raises(DataError, match=r"a whole number is the rule, .*\), 1 for yes and 0 for no; it is"):
        read(["1", text], WHOLE)


@pytest.mark.parametrize("text", ["9007199254740992.0", "-9007199254740993.", "1e16", "1e400"])
def test_a_double_that_may_have_lost_digits_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column x: a double of 2\^53 or more may have lost its last digits"):
        read(["1", text], WHOLE)


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "1" * 5000])
def test_what_is_beyond_int64_is_refused(text: str) -> None:
    with pytest.raises(
        DataError, match=r"row 2, column x: a whole number is from -2\^63 to 2\^63 - 1: make the feature"
    ):
        read(["1", text], WHOLE)


def test_numbers_as_pandas_and_r_write_them() -> None:
    texts = ["4", "4.5", "+.5", "5.", "1e-3", "1E+05", "True", "FALSE", " 2 ", "", "NA"]
    assert read(texts, NUMBER) == pytest.approx([4, 4.5, 0.5, 5, 1e-3, 1e5, 1, 0, 2, None, None])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Y", "a number is the rule, .* missing\\), 1 for yes and 0 for no; it is 'Y'$"),
        ("cheap", "a number is the rule, as 4, 4.5, 1e-3 or True .*; it is 'cheap'$"),
        ("1,5", "a number is the rule, .*; it is '1,5'$"),
        ("1,5", "a number is the rule, .* missing\\), with a point before its decimals; it is '1,5'$"),
        ("1.234.567", "a number is the rule, .* missing\\), without signs between thousands; it is '1.234.567'$"),
        ("1,234", "a number is the rule, .* missing\\), without signs between thousands; it is '1,234'$"),
        ("1'234.50", "a number is the rule, .* missing\\), without signs between thousands; it is"),
        (
            "2022-03-13",
            "a number is the rule, .* missing\\), as the days or the seconds since a fixed time where it is",
        ),
        ("0x1p3", "a number is the rule, .*; it is '0x1p3'$"),
        ("NaN", r"a missing value is null \(empty in CSV\), not NaN$"),
        ("-inf", r"a finite number, below 3.4e38, is the rule; it is '-inf'$"),
        ("1e39", r"a finite number, below 3.4e38, is the rule; it is '1e39'$"),
    ],
)
def test_other_text_is_no_number(text: str, rule: str) -> None:
    with pytest.raises(DataError, match=rf"^log.csv, row 2, column x: {rule}"):
        read(["1", text], NUMBER)


@pytest.mark.parametrize("values", [["1", "3.5"], ["1", "4e2"], [1.0, 3.5], ["", "4", "1"], [0, 2]])
def test_a_grade_is_no_event(values: list) -> None:
    with pytest.raises(DataError, match=r"row 2, column event/like: an event is 1, 0 or, .*: make a task of grades"):
        read(values, WHOLE, column="event/like")


@pytest.mark.parametrize("word", ["yes", "liked", "t", "2026-11-01"])
def test_a_word_is_no_event(word: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column event/like: an event is 1, 0 or, .*empty: write 1 for yes and"):
        read(["1", word], WHOLE, column="event/like")


@pytest.mark.parametrize(
    ("text", "instead"),
    [("12.5%", "without its sign: 12% is 0.12"), ("$4.66", "without a sign or a unit"), ("3 km", "without a sign or")],
)
def test_a_number_with_a_sign_says_what_to_write(text: str, instead: str) -> None:
    with pytest.raises(DataError, match=rf"row 2, column x: a number is the rule, .*, {instead}"):
        read(["1", text], NUMBER)


def test_an_event_happened_or_not_or_was_not_observed() -> None:
    assert read(["1", "0", "-1", "", None, "True"], WHOLE, column="event/like") == [1, 0, -1, None, None, 1]
    assert read([2, None], WHOLE, column="query/events") == [2, None]


@pytest.mark.parametrize("values", [["0.5", "1.5"], [0.5, 42.0], [1, 2], ["1", "-0.1"], ["", "101"]])
def test_a_percentage_or_a_grade_is_no_label(values: list) -> None:
    with pytest.raises(DataError, match=r"row 2, column label/ctr: a label is a probability, .*; it is "):
        read(values, NUMBER, column="label/ctr")


def test_a_label_is_a_probability_or_empty() -> None:
    assert read(["0", "1", "", None, "0.5"], NUMBER, column="label/ctr") == [0.0, 1.0, None, None, 0.5]
    assert read([42.0], NUMBER, column="query/label") == [42.0]


@pytest.mark.parametrize("column", ["weight", "bid"])
def test_weights_and_bids_are_at_least_0(column: str) -> None:
    assert read(["0", "7.5"], NUMBER, column=column) == [0.0, 7.5]
    with pytest.raises(DataError, match=rf"row 2, column {column}: a number of at least 0 is the rule; it is '-1'"):
        read(["0", "-1"], NUMBER, column=column)
