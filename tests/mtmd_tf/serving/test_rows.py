"""Tests of mtmd_tf/serving/rows.py."""

import numpy as np
import pytest

from mtmd_tf.serving.rows import to_inputs, to_rows
from mtmd_tf.serving.specification import ServingError
from tests.tfrecords_tools.tiny import tiny_items, tiny_schema

QUERY = tiny_schema().features_of("query")
ITEM = tiny_schema().features_of("item")
MISSING = -(2**63)


def test_columns_to_rows_keeps_what_is_present() -> None:
    rows = to_rows(ITEM, tiny_items().item, tiny_items().item_mask)
    assert rows[0] == {"brand": 1, "price": 1.0, "tags": [b"red", b"big"], "image": [0.0, 1.0]}
    assert rows[2] == {"brand": 3, "price": 3.0, "tags": [], "image": [4.0, 5.0]}
    assert rows[3] == {"brand": 9, "price": 4.0, "discount": 0.25}


def test_rows_to_inputs_says_missing_by_the_token_of_the_type() -> None:
    inputs = to_inputs(
        QUERY, [{"country": "fr", "words": ["a", "b"], "taste": [1, 2]}, {"age": 3, "country": None}], where="x"
    )
    assert inputs["country"].tolist() == [b"fr", b""]
    np.testing.assert_array_equal(inputs["age"], np.array([np.nan, 3], np.float32))
    assert inputs["words"].tolist() == [[b"a", b"b"], [b"", b""]]
    np.testing.assert_array_equal(inputs["taste"], np.array([[1, 2], [np.nan, np.nan]], np.float32))


def test_a_present_but_empty_list_has_its_own_token() -> None:
    assert to_inputs(QUERY, [{"words": []}, {}], where="x")["words"].tolist() == [[b"<empty>"], [b""]]


def test_integers_are_missing_by_the_smallest() -> None:
    assert to_inputs(ITEM, [{"brand": -1}, {}], where="x")["brand"].tolist() == [-1, MISSING]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"color": 1}, r"no feature 'color' on surface search; it has \['country', 'age'"),
        ({"age": "3"}, r"query/age: a number; it is '3'"),
        ({"age": True}, r"query/age: a number; it is True"),
        ({"age": [3]}, r"query/age: a number; it is \[3\]"),
        ({"age": 1e39}, r"query/age: a finite number of at most 3.4e38; it is 1e\+39"),
        ({"age": 10**400}, r"query/age: one float a row that fits; it is 1000"),
        ({"visits": -0.5}, r"query/visits: count_like, so at least 0; it is -0.5"),
        ({"visits": -5}, r"query/visits: count_like, so at least 0; it is -5"),
        ({"taste": [1.0]}, r"query/taste: 2 numbers a row; it is \[1.0\]"),
        ({"taste": 1.0}, r"query/taste: a list of 2 numbers; it is 1.0"),
        ({"taste": [1.0, True]}, r"query/taste: numbers only; it is \[1.0, True\]"),
        ({"taste": [1.0, float("nan")]}, r"query/taste: 2 numbers, or none; some of them are not a number \(NaN\)"),
        ({"taste": [1.0, float("inf")]}, r"query/taste: a finite number of at most 3.4e38; it is inf"),
        ({"words": "red"}, r"query/words: a list of tokens; it is 'red'"),
        ({"country": 3}, r"query/country: text; it is 3"),
        ({"country": float("nan")}, r"query/country: text, or None where it is missing; it is nan"),
        ({"words": float("nan")}, r"query/words: a list of tokens, or None where it is missing; it is nan"),
        ({"country": "\ud800"}, r"query/country: text that UTF-8 can hold; it is '\\ud800'"),
        ({"words": ["red", "\udc80"]}, r"query/words: text that UTF-8 can hold; it is '\\udc80'"),
        ({1: 1, "color": 1}, r"no feature 1 on surface search; it has"),
        (None, r"the features on surface search: \{name: value\}; it is None"),
        ([("age", 3)], r"the features on surface search: \{name: value\}; it is \[\('age', 3\)\]"),
        ({"country": ""}, r"query/country: b'' is kept for what is missing or empty; leave the feature out instead"),
    ],
)
def test_a_wrong_value_is_named(features: dict, message: str) -> None:
    with pytest.raises(ServingError, match=message):
        to_inputs(QUERY, [features], where="surface search")


@pytest.mark.parametrize("value", [30.5, "30", True])
def test_an_identifier_is_a_whole_number(value: object) -> None:
    with pytest.raises(ServingError, match=r"item/brand: a whole number; it is "):
        to_inputs(ITEM, [{"brand": value}], where="x")
