"""Tests of tfrecords_tools/ids.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.ids import readable, repeated_within, wrong_ids


def _obeys(identifier: bytes) -> bool:
    try:
        return identifier.decode().rstrip("\0") == identifier.decode() != ""
    except UnicodeDecodeError:
        return False


@given(st.lists(st.one_of(st.binary(max_size=4), st.text(max_size=3).map(lambda text: text.encode(errors="replace")))))
def test_all_at_once_is_one_by_one(identifiers: list[bytes]) -> None:
    array = np.array([*identifiers, None], dtype=object)[:-1]
    assert wrong_ids(array).tolist() == [not _obeys(one) for one in identifiers]


@pytest.mark.parametrize("identifier", [b"", b"\xff\xfe", b"i1\0", "ü".encode()[:1], b"\xed\xa0\x80"])
def test_what_some_file_could_not_keep(identifier: bytes) -> None:
    assert wrong_ids(np.array([b"i1", identifier], dtype=object)).tolist() == [False, True]


def test_what_comes_again_in_a_row_is_found() -> None:
    identifiers = np.array([b"a", b"b", b"a", b"a", b"b", b"b", b"a"], dtype=object)
    again = repeated_within(identifiers, np.array([3, 1, 3]))
    assert again.tolist() == [False, False, True, False, False, True, False]


def test_bytes_that_are_no_text_are_shown() -> None:
    assert readable(b"\xff1") == "\\xff1"
    assert readable(b"a\nb") == "a\\nb"
