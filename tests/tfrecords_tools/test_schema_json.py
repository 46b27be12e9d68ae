"""Tests of tfrecords_tools/schema_json.py."""

import copy
import dataclasses
from typing import Any

import pytest

from tests.tfrecords_tools.tiny import a_feature, tiny_schema
from tfrecords_tools import schema_json
from tfrecords_tools.schema import Feature, Schema, SchemaError, Task
from tfrecords_tools.structure import structure


def test_defaults_are_left_out() -> None:
    plain = {"name": "age", "side": "query", "kind": "continuous", "dtype": "float"}
    assert schema_json.plain(a_feature()) == plain
    assert schema_json.plain(a_feature(description="years")) == {**plain, "description": "years"}


def test_descriptions_are_left_out_at_any_depth() -> None:
    plain = {"name": "x", "description": "a", "features": [{"name": "y", "description": "b"}]}
    assert schema_json.without_descriptions(plain) == {"name": "x", "features": [{"name": "y"}]}


def test_a_part_comes_back_from_its_json() -> None:
    feature = a_feature(surfaces=("home", "search"), description="years")
    assert structure(schema_json.plain(feature), Feature) == feature


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
        (
            "features.3.hash_buckets",
            "100",
            r": Feature 'words', field 'hash_buckets': integer or null; it is '100'$",
        ),
        ("features.3.hash_buckets", 3.5, r": Feature 'words', field 'hash_buckets': integer or null; it is 3.5$"),
        ("features.3.hash_buckets", True, r": Feature 'words', field 'hash_buckets': integer or null; it is True$"),
        ("features.4.size", "3", r": Feature 'taste', field 'size': integer or null; it is '3'$"),
        ("features.2.count_like", "no", r": Feature 'visits', field 'count_like': true or false; it is 'no'$"),
        ("features.2.count_like", 1, r": Feature 'visits', field 'count_like': true or false; it is 1$"),
        (
            "features.3.surfaces",
            "search",
            r": Feature 'words', field 'surfaces': \[string, ...\] or null; it is 'sea",
        ),
        ("features.0.vocabulary", "fr", r"'country', field 'vocabulary': \[string or integer, ...\] or null; it is"),
        ("features.0.vocabulary", [1.5], r"field 'vocabulary': \[string or integer, ...\] or null; it is \[1.5\]$"),
        ("features.0.kind", None, r": Feature 'country', field 'kind': string; it is None$"),
        ("features.0.name", 7, r"^features\[0\]: Feature 7, field 'name': string; it is 7$"),
        ("tasks.1.parent", ["ctr"], r": Task 'gctr', field 'parent': string or null; it is \['ctr'\]$"),
        (
            "tasks.1.products",
            "standard",
            r": Task 'gctr', field 'products': \[string, ...\] or null; it is 'standard'",
        ),
        ("surfaces", "home", r"^Schema 'tiny', field 'surfaces': \[string, ...\]; it is 'home'$"),
        ("products", ["standard", 2], r"^Schema 'tiny', field 'products': \[string, ...\]; it is \['standard', 2\]$"),
        ("version", 1, r"^Schema 'tiny', field 'version': string; it is 1$"),
        ("tasks", "ctr", r"^Schema 'tiny', field 'tasks': \[Task, ...\]; it is 'ctr'$"),
        ("tasks", ["ctr"], r"^tasks\[0\]: Task is a JSON object; it is 'ctr'$"),
        ("features", {"age": {}}, r"^Schema 'tiny', field 'features': \[Feature, ...\]; it is \{'age': \{\}\}$"),
    ],
)
def test_a_value_of_another_type_names_field_and_type(path: str, value: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Schema.from_dict(_changed(path, value))


@pytest.mark.parametrize(("path", "kind"), [("color", Schema), ("tasks.0.color", Task), ("features.0.color", Feature)])
def test_an_unknown_field_lists_the_fields(path: str, kind: type) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    with pytest.raises(SchemaError) as caught:
        Schema.from_dict(_changed(path, "red"))
    place = {Schema: "", Task: "tasks[0]: ", Feature: "features[0]: "}[kind]
    assert str(caught.value) == f"{place}no field 'color' in {kind.__name__}; it has {names}"


def test_a_missing_field_is_named() -> None:
    plain = tiny_schema().to_dict()
    del plain["features"][1]["dtype"]
    with pytest.raises(SchemaError, match=r": Feature 'age' needs the field 'dtype'$"):
        Schema.from_dict(plain)
    del plain["features"]
    with pytest.raises(SchemaError, match=r"^Schema 'tiny' needs the field 'features'$"):
        Schema.from_dict(plain)


def test_a_list_is_no_schema() -> None:
    with pytest.raises(SchemaError, match=r"^Schema is a JSON object; it is \[1\]$"):
        Schema.from_dict([1])  # type: ignore[arg-type]


def test_a_file_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(SchemaError, match=r"^line 2 is not UTF-8 \(byte 0xfc\); save the file as UTF-8$"):
        schema_json.parse('{\n"description": "für"}'.encode("latin-1"))


def test_what_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(SchemaError, match=r"^not JSON: line 2, column 1: "):
        schema_json.parse(b'{"name":\n}')


def test_a_key_that_comes_twice_is_refused() -> None:
    with pytest.raises(SchemaError, match="the key 'name' comes 2 times in one object; once is the rule"):
        schema_json.parse(b'{"tasks": [{"name": "ctr", "name": "gctr"}]}')


def test_lists_without_end_are_refused() -> None:
    with pytest.raises(SchemaError, match="not a schema: lists or objects within each other"):
        schema_json.parse(b"[" * 100_000)
