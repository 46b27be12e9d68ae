"""Any JSON is a schema or is refused by `SchemaError`, in one line."""

import copy
import json
import keyword
import pathlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.malformed import UserError, refused, tried
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools import schema_json
from tfrecords_tools.schema import Schema, SchemaError

PLAIN = tiny_schema().to_dict()
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["class", "from", "self", "all", "bid", "embedding", "mask", "<empty>", "", "a" * 65, "query", "ragged"]
    ),
)
JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def _places(plain: Any, path: tuple = ()) -> list[tuple]:
    inner = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


PLACES = _places(PLAIN)


def _mutated(place: tuple, how: str, value: Any) -> Any:
    """The tiny schema with one value replaced, left out, doubled or renamed."""
    plain = copy.deepcopy(PLAIN)
    if not place:
        return value
    *outer, last = place
    holder = plain
    for key in outer:
        holder = holder[key]
    if how == "replace":
        holder[last] = value
    elif how == "drop":
        del holder[last]
    elif isinstance(holder, list):
        holder.append(holder[last])
    else:
        holder[str(value)[:8]] = holder.pop(last)
    return plain


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), how=st.sampled_from(["replace", "drop", "again"]), value=JSON)
@example(place=("features", 0, "vocabulary", 0), how="replace", value="\ud800")
@example(place=("features", 6, "hash_buckets"), how="replace", value=10**30)
@example(place=("version",), how="replace", value="9" * 5000 + ".0.0")
def test_a_mutated_schema_is_a_schema_or_is_refused_in_one_line(place: tuple, how: str, value: Any) -> None:
    mutated = _mutated(place, how, value)
    schema = tried("schema", mutated, lambda: Schema.from_dict(mutated), user_errors=SchemaError)
    if isinstance(schema, UserError):
        return
    assert Schema.from_dict(json.loads(schema.to_json())) == schema
    assert len(schema.fingerprint()) == 16
    names = [*schema.surfaces, *schema.products, *schema.task_names]
    names += [feature.name for feature in schema.features if feature.side != "cross"]
    assert not any(keyword.iskeyword(name) or name == "self" for name in names)


@settings(max_examples=200, deadline=None)
@given(content=st.one_of(st.binary(max_size=40), st.text(max_size=40).map(lambda text: text.encode(errors="replace"))))
def test_any_bytes_are_json_or_are_refused(content: bytes) -> None:
    parsed = tried("schema", content, lambda: schema_json.parse(content), user_errors=SchemaError)
    assert isinstance(parsed, UserError) or repr(parsed) == repr(json.loads(content))


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"\xef\xbb\xbf", b'{"name": NaN}', b"1e999", b"9" * 5000])
def test_files_that_hold_no_schema_are_named(tmp_path: pathlib.Path, content: bytes) -> None:
    path = tmp_path / "mine.json"
    path.write_bytes(content)
    with refused("schema", content, SchemaError, match=r"^.*mine\.json: .+$"):
        Schema.load(path)
