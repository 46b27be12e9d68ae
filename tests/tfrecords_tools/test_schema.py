"""Tests of tfrecords_tools/schema.py."""

import copy
import dataclasses
import json
import pathlib
from typing import Any

import pytest

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.schema import Feature, Schema, SchemaError, Task


def _feature(**fields: Any) -> Feature:
    return Feature(**{"name": "age", "side": "query", "kind": "continuous", "dtype": "float", **fields})


def _tokens(**fields: Any) -> Feature:
    return _feature(**{"name": "tags", "kind": "ragged", "dtype": "bytes", **fields})


def _schema(**fields: Any) -> Schema:
    whole = {"name": "logs", "surfaces": ("home", "search"), "products": ("ads",), "tasks": (Task(name="ctr"),)}
    return Schema(**{**whole, "features": (_feature(),), **fields})


def test_a_schema_comes_back_from_its_json() -> None:
    assert Schema.from_dict(json.loads(tiny_schema().to_json())) == tiny_schema()


def test_defaults_are_left_out() -> None:
    assert _feature(description="years") == Feature(
        name="age", side="query", kind="continuous", dtype="float", description="years"
    )
    assert _schema().to_dict()["features"] == [{"name": "age", "side": "query", "kind": "continuous", "dtype": "float"}]


def test_the_fingerprint_is_blind_to_descriptions() -> None:
    told = _schema(
        description="my logs",
        tasks=(Task(name="ctr", description="a click"),),
        features=(_feature(description="in years"),),
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
        {"features": (_feature(name="years"),)},
        {"features": (_feature(side="item"),)},
        {"features": (_feature(count_like=True),)},
        {"features": (_feature(surfaces=("home",)),)},
        {"features": (_feature(kind="dense", size=2),)},
        {"features": (_feature(kind="dense", size=3),)},
        {"features": (_tokens(hash_buckets=8),)},
        {"features": (_tokens(hash_buckets=9),)},
        {"features": (_tokens(hash_buckets=8, combiner="sum"),)},
        {"features": (_tokens(hash_buckets=8, dtype="int64"),)},
        {"features": (_tokens(vocabulary=("a", "b")),)},
        {"features": (_tokens(vocabulary=("b", "a")),)},
        {"features": (_tokens(kind="categorical", hash_buckets=8),)},
        {"features": (_tokens(kind="categorical", hash_buckets=8, descriptor=True),)},
        {"features": (_feature(), _feature(name="years"))},
        {"features": (_feature(name="years"), _feature())},
    ]
    fingerprints = [_schema(**change).fingerprint() for change in changes]
    assert len(set(fingerprints)) == len(changes)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "2nd"}, r"^feature query/2nd: a name is letters, digits and _, a letter first$"),
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
        ({"kind": "dense", "size": 0}, r"^feature query/age: size must be positive$"),
        ({"kind": "dense", "size": 2, "count_like": True}, r"age: count_like belongs to continuous features$"),
        ({"descriptor": True}, r"^feature query/age: a descriptor is categorical$"),
        ({"products": ("ads",)}, r"^feature query/age: a query knows no product; restrict surfaces$"),
        ({"side": "item", "surfaces": ("home",)}, r"^feature item/age: an item knows no surface; restrict products$"),
        ({"side": "cross", "kind": "dense", "size": 2}, r"^feature cross/age: a cross feature holds one value$"),
    ],
)
def test_a_feature_that_contradicts_itself(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        _feature(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"^feature query/tags: give either a vocabulary or hash_buckets$"),
        ({"vocabulary": ("a",), "hash_buckets": 8}, r"^feature query/tags: give either a vocabulary or hash_buckets$"),
        ({"hash_buckets": 0}, r"^feature query/tags: hash_buckets must be positive$"),
        ({"vocabulary": ("a", 1)}, r"^feature query/tags: the vocabulary must hold str$"),
        ({"vocabulary": ("1",), "dtype": "int64"}, r"^feature query/tags: the vocabulary must hold int$"),
        ({"vocabulary": ("a", "a")}, r"^feature query/tags: the vocabulary repeats or is empty$"),
        ({"vocabulary": ()}, r"^feature query/tags: the vocabulary repeats or is empty$"),
    ],
)
def test_tokens_that_contradict_themselves(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        _tokens(**fields)


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
        ({"features": (_feature(), _feature())}, r"^a feature is named twice in \['query/age', 'query/age'\]$"),
        ({"products": ("shop-ads",)}, r"^name 'shop-ads': letters, digits and _, a letter first$"),
        (
            {"features": (_feature(surfaces=("web",)),)},
            r"^feature query/age: surface 'web' is not one of \['home', 'search'\]$",
        ),
        (
            {"features": (_feature(side="item", products=("pins",)),)},
            r"^feature item/age: product 'pins' is not one of \['ads'\]$",
        ),
        (
            {"tasks": (Task(name="ctr", surfaces=("web",)),)},
            r"^task ctr: surface 'web' is not one of \['home', 'search'\]$",
        ),
        ({"tasks": (Task(name="ctr", products=("pins",)),)}, r"^task ctr: product 'pins' is not one of \['ads'\]$"),
        (
            {"features": tuple(_feature(name=f"f{number}") for number in range(64))},
            r"^64 query features; a mask holds 63$",
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


def test_where_a_task_exists() -> None:
    task = Task(name="octr", surfaces=("home",), products=("standard",))
    assert task.exists_in(surface="home", product="standard")
    assert not task.exists_in(surface="search", product="standard")
    assert not task.exists_in(surface="home", product="shopping")
    assert Task(name="ctr").exists_in(surface="search", product="shopping")


def test_where_a_feature_can_exist() -> None:
    feature = _feature(side="cross", surfaces=("home",), products=("standard",))
    assert feature.exists_in()
    assert feature.exists_in(surface="home", product="standard")
    assert not feature.exists_in(surface="search")
    assert not feature.exists_in(surface="home", product="shopping")


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


def test_a_table_has_a_row_for_unknown_tokens() -> None:
    assert _tokens(vocabulary=("a", "b")).table_rows == 3
    assert _tokens(hash_buckets=8).table_rows == 8
    assert _feature().table_rows == 0


def test_an_unknown_task_lists_the_tasks() -> None:
    assert tiny_schema().task("gctr").parent == "ctr"
    with pytest.raises(SchemaError, match=r"^task 'cvr' is not one of \['ctr', 'gctr'\]$"):
        tiny_schema().task("cvr")


def _changed(path: str, value: Any) -> dict[str, Any]:
    """The tiny schema as JSON with one value set: `features.3.hash_buckets`."""
    plain = copy.deepcopy(tiny_schema().to_dict())
    *steps, last = path.split(".")
    at: Any = plain
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    at[last] = value
    return plain


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("features.3.hash_buckets", "100", r"^Feature 'words', field 'hash_buckets': integer or null; it is '100'$"),
        ("features.3.hash_buckets", 3.5, r"^Feature 'words', field 'hash_buckets': integer or null; it is 3.5$"),
        ("features.3.hash_buckets", True, r"^Feature 'words', field 'hash_buckets': integer or null; it is True$"),
        ("features.4.size", "3", r"^Feature 'taste', field 'size': integer or null; it is '3'$"),
        ("features.2.count_like", "no", r"^Feature 'visits', field 'count_like': true or false; it is 'no'$"),
        ("features.2.count_like", 1, r"^Feature 'visits', field 'count_like': true or false; it is 1$"),
        ("features.3.surfaces", "search", r"^Feature 'words', field 'surfaces': \[string, ...\] or null; it is 'sea"),
        ("features.0.vocabulary", "fr", r"'country', field 'vocabulary': \[string or integer, ...\] or null; it is"),
        ("features.0.vocabulary", [1.5], r"field 'vocabulary': \[string or integer, ...\] or null; it is \[1.5\]$"),
        ("features.0.kind", None, r"^Feature 'country', field 'kind': string; it is None$"),
        ("features.0.name", 7, r"^Feature 7, field 'name': string; it is 7$"),
        ("tasks.1.parent", ["ctr"], r"^Task 'gctr', field 'parent': string or null; it is \['ctr'\]$"),
        ("tasks.1.products", "standard", r"^Task 'gctr', field 'products': \[string, ...\] or null; it is 'standard'$"),
        ("surfaces", "home", r"^Schema 'tiny', field 'surfaces': \[string, ...\]; it is 'home'$"),
        ("products", ["standard", 2], r"^Schema 'tiny', field 'products': \[string, ...\]; it is \['standard', 2\]$"),
        ("version", 1, r"^Schema 'tiny', field 'version': string; it is 1$"),
        ("tasks", "ctr", r"^Schema 'tiny', field 'tasks': \[Task, ...\]; it is 'ctr'$"),
        ("tasks", ["ctr"], r"^a Task is a JSON object; it is 'ctr'$"),
        ("features", {"age": {}}, r"^Schema 'tiny', field 'features': \[Feature, ...\]; it is \{'age': \{\}\}$"),
    ],
)
def test_a_value_of_another_type_names_field_and_type(path: str, value: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Schema.from_dict(_changed(path, value))


@pytest.mark.parametrize(
    ("path", "kind"), [("colour", Schema), ("tasks.0.colour", Task), ("features.0.colour", Feature)]
)
def test_an_unknown_field_lists_the_fields(path: str, kind: type) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict(_changed(path, "red"))
    assert str(caught.value) == f"no field 'colour' in {kind.__name__}; it has {names}"


def test_a_missing_field_is_named() -> None:
    plain = tiny_schema().to_dict()
    del plain["features"][1]["dtype"]
    with pytest.raises(SchemaError, match=r"^Feature 'age' needs the field 'dtype'$"):
        Schema.from_dict(plain)
    del plain["features"]
    with pytest.raises(SchemaError, match=r"^Schema 'tiny' needs the field 'features'$"):
        Schema.from_dict(plain)


def test_a_list_is_no_schema() -> None:
    with pytest.raises(SchemaError, match=r"^a Schema is a JSON object; it is \[1\]$"):
        Schema.from_dict([1])  # type: ignore[arg-type]


def test_a_folders_schema_is_loaded(tmp_path: pathlib.Path) -> None:
    (tmp_path / "schema.json").write_text(tiny_schema().to_json())
    assert Schema.load(tmp_path) == Schema.load(str(tmp_path / "schema.json")) == tiny_schema()


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (b"{", r"mine.json: Expecting property name"),
        (b"\xff\xfe", r"mine.json: 'utf-8' codec can't decode byte"),
        (b'{"name": "x"}', r"mine.json: Schema 'x' needs the field 'surfaces'$"),
        (b"[]", r"mine.json: a Schema is a JSON object; it is \[\]$"),
    ],
)
def test_a_broken_file_is_named(held: bytes, message: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.json").write_bytes(held)
    with pytest.raises(SchemaError, match=message):
        Schema.load(tmp_path / "mine.json")


def test_no_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SchemaError, match=r"^no schema at .*schema.json$"):
        Schema.load(tmp_path)
