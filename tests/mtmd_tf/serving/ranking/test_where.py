"""Tests of mtmd_tf/serving/ranking/where.py and operands.py: what a condition keeps, and what is none."""

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.config import ConfigError
from mtmd_tf.serving.ranking.where import Where
from tests.tfrecords_tools.tiny import tiny_schema

ITEMS: dict[str, list] = {
    "id": [b"a", b"b", b"c", b"d"],
    "product": [b"standard", b"shopping", b"standard", b"shopping"],
    "brand": [1, 2, None, 9],
    "price": [1.1, None, 3, 4],
    "tags": [[b"red", b"big"], [b"red"], [], None],
}
TYPES = {"brand": pa.int64(), "price": pa.float32(), "tags": pa.list_(pa.binary())}
REQUEST = {"country": "red", "words": ["b", "c"], "age": 3.0}


def kept(text: str, request: dict[str, Any] | None = None, items: dict[str, list] = ITEMS) -> Any:
    columns = {name: pa.chunked_array([pa.array(own, TYPES.get(name, pa.binary()))]) for name, own in items.items()}
    found = Where(text, schema=tiny_schema())(columns.__getitem__, REQUEST if request is None else request)
    return found.as_py() if isinstance(found, pa.Scalar) else found.to_pylist()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("item/brand == 1", [True, False, None, False]),
        ("not item/brand == 1", [False, True, None, True]),
        ("item/price == 1.1", [True, None, False, False]),  # as float32, in which it is kept
        ("1 < item/price <= 3", [True, None, True, False]),
        ("item/price > query/age", [False, None, False, True]),
        ("item/brand in (1, 9)", [True, False, None, True]),
        ("item/brand not in [1, 9]", [False, True, None, False]),
        ("item/brand in ()", [False, False, None, False]),
        ("'red' in item/tags", [True, True, False, None]),
        ("query/country in item/tags", [True, True, False, None]),
        ("item/id in query/words", [False, True, True, False]),
        ("item/id == 'a' or item/product == 'shopping'", [True, True, False, True]),
        ("item/brand == 1 or item/price > 3", [True, None, None, True]),
        ("item/brand == None", [False, False, True, False]),
        ("item/tags != None", [True, True, True, False]),
        ("query/country == 'red' and item/brand == 2", [False, True, None, False]),
        ("query/country == 'red'", True),
        ("query/country == None", False),
    ],
)
def test_what_is_kept_by_hand(text: str, wanted: Any) -> None:
    assert kept(text) == wanted


def test_what_the_request_lacks_is_neither_true_nor_false() -> None:
    assert kept("item/id == query/country", {}) == [None] * 4
    assert kept("query/country in item/tags", {}) is None
    assert kept("item/brand == 1 or item/id == query/country", {}) == [True, None, None, None]
    assert Where("item/id == query/country", schema=tiny_schema()).missing({}) == ["country"]


def test_what_it_reads_is_known() -> None:
    where = Where("item/brand == 1 and (item/price > query/age or item/brand == 2)", schema=tiny_schema())
    assert (where.items, where.queries) == (("brand", "price"), ("age",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "item/color == 1",
            "no item/color; there is ['item/brand', 'item/price', 'item/discount', 'item/tags', 'item/id'",
        ),
        ("query/city == 'x'", "no query/city; there is ['query/country', 'query/age', 'query/visits', 'query/words']."),
        ("item/image == 1", "item/image is a vector, which is not compared"),
        ("item/brand == '1'", "item/brand is a whole number and '1' is text: they cannot be compared"),
        ("item/brand == 1.5", "item/brand is a whole number and 1.5 is a number: they cannot be compared"),
        ("item/brand == query/country", "item/brand is a whole number and query/country is text"),
        ("item/tags == 'red'", "item/tags is a list; ask whether a value is in it"),
        ("item/id < 'b'", "item/id and 'b': only numbers have an order"),
        ("item/brand == True", "True is neither text nor a number; true is written as 1, false as 0"),
        ("item/brand in (1, 'a')", "[1, 'a']: texts only, or numbers only"),
        ("item/brand == 10000000000000000000", "10000000000000000000: a whole number of 64 bits"),
        ("'a' in 'abc'", "'a' in 'abc': one value in a list of values"),
        ("item/brand is 1", "it may hold item/<feature>"),
        ("item/brand", "'item / brand' is not understood; it may hold"),
        ("item/brand == 1 + 1", "'1 + 1' is not understood"),
        ("__import__('os').system('true')", "is not understood"),
        ("item/brand == (lambda: 1)()", "is not understood"),
        ("item.brand == 1", "'item.brand' is not understood"),
        ("item/price < nan", "'nan' is not understood"),
        ("item/brand == 1 or", "is not understood"),
        ("None == None", "None and None are both no column"),
        ("1 == 1", "they cannot be compared"),
        ("(" * 5000 + "item/brand == 1", "is not understood"),
        ("not " * 50_000 + "item/brand == 1", "is not understood"),
        ("", "is not understood"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_choices(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        Where(text, schema=tiny_schema())
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


BRANDS = st.none() | st.integers(0, 3)
TESTS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
CONDITIONS = st.recursive(
    st.builds("item/brand {} {}".format, TESTS, st.integers(0, 3)),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(CONDITIONS, st.lists(BRANDS, max_size=8))
def test_any_condition_is_what_python_says_where_nothing_is_missing(text: str, brands: list[int | None]) -> None:
    code = compile(text.replace("item/brand", "brand"), "condition", "eval")
    found = kept(text, items={"brand": brands})
    for brand, own in zip(brands, found, strict=True):
        if brand is not None:
            assert own == eval(code, {"brand": brand})
        else:
            assert own is None
