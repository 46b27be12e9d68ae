"""Tests of tfrecords_tools/progress.py."""

import sys

import pytest

from tfrecords_tools import progress
from tfrecords_tools.progress import progress_bar


def test_short_work_leaves_a_log_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress_bar([1, 2], desc="read")) == [1, 2]
    assert capsys.readouterr().err == ""


def test_long_work_leaves_lines_in_a_log_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_LOG_SECONDS", 1e-6)
    assert list(progress_bar([1, 2], desc="read")) == [1, 2]
    assert "read: 100%" in capsys.readouterr().err


def test_a_terminal_sees_it_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress_bar(total=4, desc="read", unit=" shards")
    assert "read:   0%" in capsys.readouterr().err
    bar.close()
