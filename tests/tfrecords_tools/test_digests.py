"""Tests of tfrecords_tools/digests.py."""

import json
import pathlib
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.malformed import refused
from tfrecords_tools.digests import DIGEST, digest_of, is_intact, read_with_digest, with_digest
from tfrecords_tools.requests import DataError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text().filter(lambda name: name != DIGEST), VALUES, max_size=4)


def read(path: pathlib.Path) -> dict:
    return read_with_digest(path, raises=DataError, rule="mend it")


@settings(deadline=None, max_examples=50)
@given(OBJECTS)
def test_what_was_sealed_is_read_back(plain):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.json")
        path.write_text(json.dumps(with_digest(plain), ensure_ascii=False), encoding="utf-8")
        assert read(path) == plain


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_two_values_have_one_digest_only_if_they_are_the_same(one, other):
    assert (digest_of(one) == digest_of(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def test_tuples_and_numbers_as_names_are_what_json_makes_of_them():
    assert digest_of({"a": (1, 2), "b": {10: 1, 9: 2}}) == digest_of({"a": [1, 2], "b": {"9": 2, "10": 1}})


def test_an_edit_is_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**with_digest({"width": 16}), "width": 17}))
    with pytest.raises(
        DataError, match=r"a.json was changed after it was written: its digest is \w+, not \w+; mend it"
    ):
        read(path)


def test_a_file_of_before_there_were_digests_is_read(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"width": 16}))
    assert read(tmp_path / "a.json") == {"width": 16}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"7", b"[" * 100_000, b'{"a": 1} 2'])
def test_what_is_no_object_is_one_line(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    match = r"^[^\n]*a.json (is not JSON \([^\n]*\)|holds no JSON object); mend it$"
    with refused("manifest", content, DataError, match=match):
        read(tmp_path / "a.json")


def test_what_must_have_a_digest_is_not_intact_without_one():
    plain = with_digest({"width": 16})
    assert is_intact(plain)
    assert is_intact(with_digest(plain | {"width": 17}))
    assert not is_intact(plain | {"width": 17})
    assert not is_intact({"width": 16})
