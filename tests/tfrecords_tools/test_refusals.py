"""Tests of tfrecords_tools/refusals.py."""

import pathlib

import pytest

from tfrecords_tools.refusals import exit_code, in_words


def test_a_file_and_the_reason_are_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        (tmp_path / "none" / "a").write_text("")
    wanted = f"{tmp_path}/none/a: no such file or directory; check the path, and that it may be read and written"
    assert in_words(caught.value) == wanted


def test_an_error_without_a_file_is_no_refusal() -> None:
    with pytest.raises(ConnectionError):
        in_words(ConnectionError("gone"))


def test_a_word_in_another_encoding_is_refused_before_a_command_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["convert", "--out=m\udcfcnchen"])
    assert exit_code(lambda: 0, mendable=()) == 1
    assert "error: b'--out=m\\xfcnchen' is no text in utf-8" in capsys.readouterr().err
