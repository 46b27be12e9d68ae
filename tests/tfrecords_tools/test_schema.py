"""Tests of tfrecords_tools/schema.py."""

import json
import pathlib
from typing import Any

import pytest

from tests.tfrecords_tools.tiny import a_feature, some_tokens, tiny_schema
from tfrecords_tools.schema import Schema, SchemaError, Task


def _schema(**fields: Any) -> Schema:
    whole = {"name": "logs", "surfaces": ("home", "search"), "products": ("ads",), "tasks": (Task(name="ctr"),)}
    return Schema(**{**whole, "features": (a_feature(),), **fields})


def test_a_schema_comes_back_from_its_json() -> None:
    assert Schema.from_dict(json.loads(tiny_schema().to_json())) == tiny_schema()


def test_the_fingerprint_is_blind_to_descriptions() -> None:
    told = _schema(
        description="my logs",
        tasks=(Task(name="ctr", description="a click"),),
        features=(a_feature(description="in years"),),
    )
    assert told != _schema()
    assert told.fingerprint() == _schema().fingerprint()
    assert len(told.fingerprint()) == 16


def test_the_fingerprint_sees_everything_else() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"name": "other"},
        {"version": "1.0.1"},
        {"surfaces": ("search", "home")},
        {"products": ("ads", "shopping")},
        {"tasks": (Task(name="gctr"),)},
        {"tasks": (Task(name="ctr", surfaces=("home",)),)},
        {"tasks": (Task(name="ctr", products=("ads",)),)},
        {"tasks": (Task(name="ctr"), Task(name="gctr"))},
        {"tasks": (Task(name="ctr"), Task(name="gctr", parent="ctr"))},
        {"features": (a_feature(name="years"),)},
        {"features": (a_feature(side="item"),)},
        {"features": (a_feature(count_like=True),)},
        {"features": (a_feature(surfaces=("home",)),)},
        {"features": (a_feature(kind="dense", size=2),)},
        {"features": (a_feature(kind="dense", size=3),)},
        {"features": (some_tokens(hash_buckets=8),)},
        {"features": (some_tokens(hash_buckets=9),)},
        {"features": (some_tokens(hash_buckets=8, combiner="sum"),)},
        {"features": (some_tokens(hash_buckets=8, dtype="int64"),)},
        {"features": (some_tokens(vocabulary=("a", "b")),)},
        {"features": (some_tokens(vocabulary=("b", "a")),)},
        {"features": (some_tokens(kind="categorical", hash_buckets=8),)},
        {"features": (some_tokens(kind="categorical", hash_buckets=8, descriptor=True),)},
        {"features": (a_feature(), a_feature(name="years"))},
        {"features": (a_feature(name="years"), a_feature())},
    ]
    fingerprints = [_schema(**change).fingerprint() for change in changes]
    assert len(set(fingerprints)) == len(changes)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "My-logs"}, r"^schema name 'My-logs': lower-case letters, digits, _$"),
        ({"version": "1.0"}, r"^schema version '1.0': three numbers, as 1.0.0$"),
        ({"surfaces": ()}, r"^a schema needs at least one surface$"),
        ({"products": ()}, r"^a schema needs at least one product$"),
        ({"tasks": ()}, r"^a schema needs at least one task$"),
        ({"features": ()}, r"^a schema needs at least one feature$"),
        ({"surfaces": ("home", "home")}, r"^a surface is named twice in \['home', 'home'\]$"),
        ({"features": (a_feature(), a_feature())}, r"^a feature is named twice in \['query/age', 'query/age'\]$"),
        (
            {"surfaces": ("all",)},
            r"^surface 'all': the name is taken: it stands for all of them together in every report",
        ),
        ({"tasks": (Task(name="all"),)}, r"^task 'all': the name is taken"),
        (
            {"tasks": (Task(name="embedding"),)},
            r"^task 'embedding': the name is taken: the exported towers give all tasks'",
        ),
        ({"tasks": (Task(name="bid"),)}, r"^task 'bid': the name is taken: a utility means the bid by it; rename it$"),
        (
            {"tasks": (Task(name="from"),)},
            r"^task 'from': the word is Python's own, so no tower can be exported; rename",
        ),
        ({"products": ("serialized",)}, r"^product 'serialized': the name is taken: the exported towers use it"),
        ({"name": "a" * 65}, r"^schema name: at most 64 letters; it has 65$"),
        ({"version": "1.0.\u0663"}, r"three numbers, as 1.0.0$"),
        (
            {"surfaces": tuple(f"s{n}" for n in range(101)), "products": tuple(f"p{n}" for n in range(100))},
            r"^10,100 slices of surface x product; at most 10,000 is the rule$",
        ),
        (
            {"features": (a_feature(surfaces=()),)},
            r"^feature query/age: surfaces names none, so it could exist nowhere; leave the field out for all$",
        ),
        ({"tasks": (Task(name="ctr", products=()),)}, r"^task ctr: products names none, so it could exist nowhere"),
        (
            {"features": (a_feature(surfaces=("home", "home")),)},
            r"^feature query/age: a surface is named twice in \['home', 'home'\]$",
        ),
        (
            {"features": tuple(some_tokens(name=name, hash_buckets=2**30) for name in ("a", "b"))},
            r"^all query features together: 2,147,483,648 rows of an embedding table would take 256.0 GiB in training",
        ),
        (
            {"products": ("shop-ads",)},
            r"^product 'shop-ads': a name is .*, a letter first: shop_ads, here and in the logs$",
        ),
        (
            {"features": (a_feature(surfaces=("web",)),)},
            r"^feature query/age: surface 'web' is not one of \['home', 'search'\]$",
        ),
        (
            {"features": (a_feature(side="item", products=("pins",)),)},
            r"^feature item/age: product 'pins' is not one of \['ads'\]$",
        ),
        (
            {"tasks": (Task(name="ctr", surfaces=("web",)),)},
            r"^task ctr: surface 'web' is not one of \['home', 'search'\]$",
        ),
        ({"tasks": (Task(name="ctr", products=("pins",)),)}, r"^task ctr: product 'pins' is not one of \['ads'\]$"),
        (
            {"features": tuple(a_feature(name=f"f{number}") for number in range(1001))},
            r"^1,001 query features; at most 1,000 is the rule: numbers that belong together can be one dense feature, "
            r"and categories one ragged feature whose tokens name their column, such as color=red$",
        ),
    ],
)
def test_a_schema_that_contradicts_itself(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        _schema(**fields)


def test_a_parent_stands_before_its_child() -> None:
    tasks = (Task(name="gctr", parent="ctr"), Task(name="ctr"))
    with pytest.raises(SchemaError, match=r"^task gctr: its parent 'ctr' must be one of the tasks before it: \[\]$"):
        _schema(tasks=tasks)


def test_a_task_is_not_its_own_parent() -> None:
    with pytest.raises(SchemaError, match=r"^task ctr: its parent 'ctr' must be one of the tasks before it: \[\]$"):
        _schema(tasks=(Task(name="ctr", parent="ctr"),))


def test_a_child_exists_only_where_its_parent_does() -> None:
    tasks = (Task(name="ctr", surfaces=("home",)), Task(name="gctr", parent="ctr"))
    with pytest.raises(SchemaError, match=r"^task gctr exists in search x ads, where its parent ctr does not$"):
        _schema(tasks=tasks)


def test_features_of_a_domain_are_in_mask_order() -> None:
    schema = tiny_schema()
    names = [feature.name for feature in schema.features_of("query", domain="home")]
    assert names == ["country", "age", "visits", "taste"]
    assert [feature.name for feature in schema.features_of("query")] == ["country", "age", "visits", "words", "taste"]
    assert "discount" not in [feature.name for feature in schema.features_of("item", domain="standard")]


def test_slices_have_surfaces_outermost() -> None:
    assert tiny_schema().slices == (
        ("home", "standard"),
        ("home", "shopping"),
        ("search", "standard"),
        ("search", "shopping"),
    )


def test_an_unknown_task_lists_the_tasks() -> None:
    assert tiny_schema().task("gctr").parent == "ctr"
    with pytest.raises(SchemaError, match=r"^task 'cvr' is not one of \['ctr', 'gctr'\]$"):
        tiny_schema().task("cvr")


def test_a_folders_schema_is_loaded(tmp_path: pathlib.Path) -> None:
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    assert Schema.load(tmp_path) == Schema.load(str(tmp_path / "schema.json")) == tiny_schema()


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (b"{", r"mine.json: not JSON: line 1, column 2: Expecting property name"),
        (b"\xff\xfe", r"mine.json: line 1 is not UTF-8"),
        (b'{"name": "x"}', r"mine.json: Schema 'x' needs the field 'surfaces'$"),
        (b"[]", r"mine.json: Schema is a JSON object; it is \[\]$"),
    ],
)
def test_a_broken_file_is_named(held: bytes, message: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.json").write_bytes(held)
    with pytest.raises(SchemaError, match=message):
        Schema.load(tmp_path / "mine.json")


def test_no_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SchemaError, match=r"^no schema at .*schema.json$"):
        Schema.load(tmp_path)
