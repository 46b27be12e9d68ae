"""Tests of tfrecords_tools/seal.py."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.seal import is_intact, sealed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_what_was_sealed_is_intact_after_any_writing_of_json(plain: dict) -> None:
    assert is_intact(json.loads(json.dumps(sealed(plain), indent=2, sort_keys=True)))


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.text().filter(lambda key: key != "digest"), st.integers())
def test_any_other_value_is_seen(plain: dict, key: str, value: int) -> None:
    changed = {**sealed(plain), key: value}
    assert is_intact(changed) == (key in plain and json.dumps(plain[key]) == json.dumps(value))


def test_without_a_digest_nothing_is_intact() -> None:
    assert not is_intact({})
    assert not is_intact({"digest": None})
