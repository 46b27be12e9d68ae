"""Tests of tfrecords_tools/logs/list_texts.py."""

import numpy as np
import pyarrow as pa
import pytest

from tests.tfrecords_tools.logs.log_columns import read
from tfrecords_tools.requests import DataError

TEXTS = pa.list_(pa.binary())
WHOLE = pa.list_(pa.int64())
NUMBERS = pa.list_(pa.float32())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("red|shoe", [b"red", b"shoe"]),
        (" red | running shoe ", [b"red", b"running shoe"]),
        ("running shoe", [b"running shoe"]),
        ("(new)", [b"(new)"]),
        ("NULL", [b"NULL"]),
        (str(["red", "it's"]), [b"red", b"it's"]),
        (str(np.array(["red", "shoe"])), [b"red", b"shoe"]),
        ('["red", "a|b, c"]', [b"red", b"a|b, c"]),
        (r'["\u00e9\ud83d\ude00"]', ["é😀".encode()]),
        (r"['it\'s']", [b"it's"]),
        ("[]", []),
        ("", None),
        ("  ", None),
    ],
)
def test_texts_separated_or_printed(text: str, tokens: list[bytes] | None) -> None:
    assert read([text, None, text], TEXTS) == [tokens, None, tokens]
    assert read(["a|b", text], TEXTS) == [[b"a", b"b"], tokens]


@pytest.mark.parametrize(
    "text",
    ["[red, shoe]", "['red', None]", "['red', 'sh", "('red', 'shoe')", "('red',)", "{'red'}", "{red,shoe}", "red,shoe"]
    + ["red;shoe", "red\tshoe", "1 2", "1.5  2", "(1, 2)", 'c("red", "shoe")', "array(['red'])", "[['red'], ['shoe']]"]
    + ["['red',]", "['red' 'a'\n ... 'z']", "[1, 2]", "[red|shoe]", r"['\d']", r'["\ud800"]', "['a'b'c']"],
)
def test_a_list_in_another_notation_is_not_one_token(text: str) -> None:
    with pytest.raises(
        DataError, match=r"^log.csv, row 2, column x: a list is values separated by \|, as red\|shoe, or"
    ):
        read(["red", text], TEXTS)


@pytest.mark.parametrize("text", ["a||b", "|", "['']", "a| "])
def test_a_list_holds_no_empty_text(text: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column x: no null and no empty text inside a list: leave it out"):
        read(["red", text], TEXTS)


@pytest.mark.parametrize("text", ["1 2", "1,2", "1;2", "array([1, 2])", "[[1], [2]]", "[1, 2"])
def test_numbers_in_another_notation_are_told_theirs(text: str) -> None:
    rule = (
        r"^log.csv, row 2, column x: a list of numbers is separated by \|, as 0.5\|1, or in brackets, as \[0.5, 1\]; it"
    )
    with pytest.raises(DataError, match=rule):
        read(["1", text], NUMBERS)


@pytest.mark.parametrize("text", ["1|2", "[1, 2]", "[1 2]", "[1. 2.]", "[ 1.0  2.0 ]", "['1', '2']", " 1 | 2 "])
def test_numbers_separated_or_printed(text: str) -> None:
    assert read([text, "", "NULL", "[]"], WHOLE) == [[1, 2], None, None, []]
    assert read(["7", text], NUMBERS) == [[7.0], [1.0, 2.0]]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1 2", "a list of numbers is separated by"),
        ("1,2", "a list of numbers is separated by"),
        ("[1 ... 2]", r"a whole number is the rule, .*; it is '\.\.\.'$"),
        ("[1, None]", "a whole number is the rule, .*; it is 'None'$"),
        ("1|9007199254740992.0", "a double of .* may have lost its last digits"),
    ],
)
def test_other_text_is_no_list_of_whole_numbers(text: str, rule: str) -> None:
    with pytest.raises(DataError, match=rf"row 3, column x: {rule}"):
        read(["1", "2|3", text], WHOLE)
