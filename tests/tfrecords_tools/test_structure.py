"""JSON comes back as the dataclasses that it was written from, and anything else is named in one line."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.malformed import UserError, tried
from tfrecords_tools import structure
from tfrecords_tools.structure import StructureError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    count: int
    share: float | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"part {self.name}: count is {self.count}; from 0 on is the rule")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whole:
    parts: tuple[Part, ...]
    by_name: Mapping[str, tuple[Part, ...]] = dataclasses.field(default_factory=dict)
    seeds: Mapping[int, list[int]] = dataclasses.field(default_factory=dict)
    tokens: tuple[str | int, ...] | None = None
    best: Part | None = None
    error: float = 0.0
    _given: bool = False


TEXT, WHOLE_NUMBERS = st.text(max_size=3), st.integers(0, 9)
PARTS = st.builds(Part, name=TEXT, count=WHOLE_NUMBERS, share=st.none() | st.floats(allow_nan=False, width=16))
WHOLES = st.builds(
    Whole,
    parts=st.lists(PARTS, max_size=3).map(tuple),
    by_name=st.dictionaries(TEXT, st.lists(PARTS, max_size=2).map(tuple), max_size=2),
    seeds=st.dictionaries(WHOLE_NUMBERS, st.lists(WHOLE_NUMBERS, max_size=2), max_size=2),
    tokens=st.none() | st.lists(TEXT | WHOLE_NUMBERS, max_size=3).map(tuple),
    best=st.none() | PARTS,
    error=st.floats(allow_nan=False),
    _given=st.booleans(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(WHOLES)
def test_a_value_comes_back_from_its_json(whole: Whole) -> None:
    assert structure.structure(json.loads(json.dumps(structure.plain(whole))), Whole) == whole


@given(WHOLES, st.sampled_from(["parts", "by_name", "seeds", "tokens", "best", "error", "_given", "other"]), JSON)
def test_another_value_is_refused_in_one_line_or_comes_back_as_it_is(whole: Whole, field: str, value: Any) -> None:
    plain = {**json.loads(json.dumps(structure.plain(whole))), field: value}
    found = tried("run", plain, lambda: structure.structure(plain, Whole), user_errors=ValueError)
    if isinstance(found, UserError):
        return
    again = json.loads(json.dumps(structure.plain(found)))
    told = value if value not in ("inf", "-inf", "nan") or field != "error" else float(value)
    assert json.dumps(again[field], sort_keys=True) == json.dumps(_complete(told, field), sort_keys=True)


def _complete(value: Any, field: str) -> Any:
    """Parts with the fields that were left out."""
    if field == "best" and value is not None:
        return {"share": None, **value}
    if field == "parts":
        return [{"share": None, **each} for each in value]
    if field == "by_name":
        return {name: [{"share": None, **each} for each in parts] for name, parts in value.items()}
    return {str(int(name)): each for name, each in value.items()} if field == "seeds" else value


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ([], "Whole is a JSON object; it is []"),
        ({}, "Whole needs the field 'parts'"),
        ({"parts": [], "loss": 1.0}, "no field 'loss' in Whole; it has ['parts', 'by_name', 'seeds', 'tokens', "
         "'best', 'error', '_given']"),
        ({"parts": "ab"}, "Whole, field 'parts': [Part, ...]; it is 'ab'"),
        ({"parts": [], "seeds": {"0": [True]}}, "Whole, field 'seeds': {name: [integer, ...]}; it is {'0': [True]}"),
        ({"parts": [], "tokens": [1.5]}, "Whole, field 'tokens': [string or integer, ...] or null; it is [1.5]"),
        ({"parts": [], "error": "low"}, "Whole, field 'error': number; it is 'low'"),
        ({"parts": ["a"]}, "parts[0]: Part is a JSON object; it is 'a'"),
        ({"parts": [], "best": {"name": "a"}}, "best: Part 'a' needs the field 'count'"),
        ({"parts": [], "by_name": {"x": [{"name": "a", "count": 3.0}]}},
         "by_name.x[0]: Part 'a', field 'count': integer; it is 3.0"),
        ({"parts": [{"name": "a", "count": -1}]}, "part a: count is -1; from 0 on is the rule"),
        ({"parts": [{"name": "b" * 99, "count": 1, "share": "c" * 99}]},
         f"parts[0]: Part '{'b' * 99}', field 'share': number or null; it is '{'c' * 79}..."),
    ],
)  # fmt: skip
def test_the_line_names_the_place_the_field_the_rule_and_the_value(plain: Any, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        structure.structure(plain, Whole)
    assert str(caught.value) == told


def test_a_number_that_json_has_not_is_said_in_a_string() -> None:
    assert structure.structure({"parts": [], "error": "inf"}, Whole).error == math.inf


def test_a_file_is_named_with_what_to_do(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "whole.json"
    for content, told in (
        (None, "No such file or directory"),
        ("{", "Expecting property name"),
        ("[" * 100_000, "recursion depth"),
        ('{"parts": 1}', r"Whole, field 'parts': \[Part, ...\]; it is 1"),
    ):
        if content is not None:
            path.write_text(content)
        with pytest.raises(KeyError, match=rf"^.*whole\.json is no whole: [^\n]*{told}[^\n]*; make it again"):
            structure.load(path, Whole, what="whole", raises=KeyError, rule="make it again")
    path.write_text('{"parts": []}')
    assert structure.load(path, Whole, what="whole", raises=StructureError) == Whole(parts=())
