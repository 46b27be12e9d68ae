"""Tests of tfrecords_tools/feature.py."""

from typing import Any

import pytest

from tests.tfrecords_tools.tiny import a_feature, some_tokens
from tfrecords_tools.schema import SchemaError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "2nd"}, r"^query feature '2nd': a name is .*, a letter first: n2nd, here and in the logs$"),
        ({"name": "mask"}, r"^feature query/mask: the names \['id', 'product', 'mask', 'lengths'\] are taken by the"),
        ({"side": "user"}, r"^feature user/age: side 'user' is not one of \['query', 'item', 'cross'\]$"),
        ({"kind": "number"}, r"kind 'number' is not one of \['categorical', 'continuous', 'ragged', 'dense'\]$"),
        ({"dtype": "int32"}, r"dtype 'int32' is not one of \['bytes', 'int64', 'float'\]$"),
        ({"combiner": "max"}, r"combiner 'max' is not one of \['mean', 'sum'\]$"),
        ({"kind": "categorical"}, r"^feature query/age: tokens are bytes or int64, not float$"),
        ({"dtype": "int64"}, r"^feature query/age: a continuous feature is float$"),
        ({"hash_buckets": 8}, r"^feature query/age: only tokens have a table$"),
        ({"kind": "dense"}, r"^feature query/age: size belongs to dense features, and only to them$"),
        ({"size": 3}, r"^feature query/age: size belongs to dense features, and only to them$"),
        (
            {"name": "class"},
            r"^query feature 'class': the word is Python's own, so no tower can be exported; rename it$",
        ),
        (
            {"name": "self"},
            r"^query feature 'self': the name is taken: no exported tower can take an input of this name;",
        ),
        (
            {"name": "surface"},
            r"^query feature 'surface': the name is taken: the exported query tower takes the surface",
        ),
        ({"name": "a" * 65}, r": at most 64 letters; it has 65$"),
        ({"kind": "dense", "size": 10**12}, r"^feature query/age: size is at most 65,536; it is 1000000000000$"),
        ({"kind": "dense", "size": 0}, r"^feature query/age: size must be positive$"),
        ({"kind": "dense", "size": 2, "count_like": True}, r"age: count_like belongs to continuous features$"),
        ({"descriptor": True}, r"^feature query/age: a descriptor is categorical$"),
        ({"products": ("ads",)}, r"^feature query/age: a query knows no product; restrict surfaces$"),
        ({"side": "item", "surfaces": ("home",)}, r"^feature item/age: an item knows no surface; restrict products$"),
        (
            {"side": "cross", "kind": "ragged", "dtype": "bytes", "hash_buckets": 8},
            r"^feature cross/age: a cross feature holds one value or a vector$",
        ),
    ],
)
def test_a_feature_that_contradicts_itself(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        a_feature(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"^feature query/tags: give either a vocabulary or hash_buckets$"),
        ({"vocabulary": ("a",), "hash_buckets": 8}, r"^feature query/tags: give either a vocabulary or hash_buckets$"),
        ({"hash_buckets": 0}, r"^feature query/tags: hash_buckets must be positive$"),
        ({"vocabulary": ("a", 1)}, r"^feature query/tags: the vocabulary must hold str$"),
        ({"vocabulary": ("1",), "dtype": "int64"}, r"^feature query/tags: the vocabulary must hold int$"),
        ({"vocabulary": ("b", "a", "a")}, r"^feature query/tags: the vocabulary has \['a'\] more than once$"),
        ({"vocabulary": ("a", "")}, r"token 2 of the vocabulary, '': b'' and b'<empty>' are kept for what is missing"),
        ({"vocabulary": ("<empty>",)}, r"token 1 of the vocabulary, '<empty>': b'' and b'<empty>' are kept for what"),
        ({"vocabulary": ("a\ud800",)}, r"token 1 of the vocabulary, 'a\\ud800': text that UTF-8 can hold is the rule$"),
        (
            {"vocabulary": (2**70,), "dtype": "int64"},
            r"1180591620717411303424: an int64 is the rule, -2\^63 to 2\^63 - 1$",
        ),
        (
            {"vocabulary": (-(2**62),), "dtype": "int64"},
            r"token 1 of the vocabulary, -4611686018427387904: .* are kept",
        ),
        (
            {"hash_buckets": 10**12},
            r"^feature query/tags: 1,000,000,000,000 rows of an embedding table would take 116.4 TiB in training "
            r"\(16 numbers a row\); at most 2,147,483,647 is the rule, and far fewer are wise$",
        ),
        ({"vocabulary": ()}, r"^feature query/tags: the vocabulary is empty$"),
    ],
)
def test_tokens_that_contradict_themselves(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        some_tokens(**fields)


@pytest.mark.parametrize("name", ["surface", "class", "self"])
def test_names_that_another_tower_takes_are_free(name: str) -> None:
    cross = a_feature(side="cross", name=name)
    assert cross.key == f"cross/{name}"
    assert a_feature(side="item", name="surface").key == "item/surface"


def test_where_a_feature_can_exist() -> None:
    feature = a_feature(side="cross", surfaces=("home",), products=("standard",))
    assert feature.exists_in()
    assert feature.exists_in(surface="home", product="standard")
    assert not feature.exists_in(surface="search")
    assert not feature.exists_in(surface="home", product="shopping")


def test_a_table_has_a_row_for_unknown_tokens() -> None:
    assert some_tokens(vocabulary=("a", "b")).table_rows == 3
    assert some_tokens(hash_buckets=8).table_rows == 8
    assert a_feature().table_rows == 0
