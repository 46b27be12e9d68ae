"""Tests of tfrecords_tools/refusals.py."""

import pathlib

import pytest

from tfrecords_tools.refusals import in_words


def test_a_file_and_the_reason_are_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "none" / "a").write_text("")
    wanted = f"{tmp_path}/none/a: no such file or directory; check the path, and that it may be read and written"
    assert in_words(caught.value) == wanted


def test_an_error_without_a_file_is_no_refusal() -> None:
    with pytest.raises(ConnectionError):
        in_words(ConnectionError("gone"))
