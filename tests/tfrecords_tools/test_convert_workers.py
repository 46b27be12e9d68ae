"""Tests of tfrecords_tools/convert.py on several windows: worker processes, a kill, going on."""

import os
import pathlib

import pytest

from tests.tfrecords_tools.test_convert import _convert, _parquet, flat_rows
from tests.tfrecords_tools.test_shards import folder_bytes
from tests.tfrecords_tools.tiny import MARCH_1
from tfrecords_tools import windows
from tfrecords_tools.engine import EngineError
from tfrecords_tools.requests import DataError


@pytest.fixture(autouse=True)
def _a_window_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny log has three days, so three units."""
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 1)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects the first days of the windows that are written; writing that of 2017-03-02 breaks off once."""
    days: list[int] = []
    write = windows.write_window

    def write_or_break_off(window: windows.Window, **arguments) -> object:
        days.append(window[0] - MARCH_1 // 86_400)
        if days == [0, 1]:
            raise KeyboardInterrupt
        return write(window, **arguments)

    monkeypatch.setattr(windows, "write_window", write_or_break_off)
    return days


def _log(folder: pathlib.Path, **change: object) -> pathlib.Path:
    folder.mkdir(exist_ok=True)
    rows = flat_rows()
    _parquet(folder / "log.parquet", [*rows[:-1], rows[-1] | change])
    return folder


def test_two_workers_write_the_bytes_of_one(tmp_path: pathlib.Path) -> None:
    one, two = _log(tmp_path / "one"), _log(tmp_path / "two")
    _convert(one, "*.parquet", workers=1)
    _convert(two, "*.parquet", workers=2)
    assert folder_bytes(two / "out") == folder_bytes(one / "out")


def test_windows_of_days_write_the_bytes_of_one_window(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days, whole = _log(tmp_path / "days"), _log(tmp_path / "whole")
    _convert(days, "*.parquet")
    monkeypatch.setattr("tfrecords_tools.convert._ROWS_AT_ONCE", 500_000)
    _convert(whole, "*.parquet")
    assert folder_bytes(days / "out") == folder_bytes(whole / "out")


def test_interrupted_it_is_not_complete_and_goes_on_with_the_windows_left(
    tmp_path: pathlib.Path, written: list[int]
) -> None:
    again, once = _log(tmp_path / "again"), _log(tmp_path / "once")
    with pytest.raises(KeyboardInterrupt):
        _convert(again, "*.parquet")
    assert not (again / "out/manifest.json").exists()
    _convert(again, "*.parquet")
    assert written == [0, 1, 1, 2]
    _convert(once, "*.parquet")
    assert folder_bytes(again / "out") == folder_bytes(once / "out")


def test_a_log_that_has_changed_is_converted_from_its_start(tmp_path: pathlib.Path, written: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        _convert(_log(tmp_path), "*.parquet")
    _convert(_log(tmp_path, weight=3.0), "*.parquet")
    assert written == [0, 1, 0, 1, 2]


def test_a_log_that_has_only_been_touched_is_the_same_log(tmp_path: pathlib.Path, written: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        _convert(_log(tmp_path), "*.parquet")
    os.utime(tmp_path / "log.parquet", (1, 1))
    _convert(tmp_path, "*.parquet")
    assert written == [0, 1, 1, 2]


def test_a_log_that_changes_while_it_is_converted_makes_no_data_set(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = windows.write_window

    def touch_and_write(window: windows.Window, **arguments) -> object:
        os.utime(tmp_path / "log.parquet", (1, 1))
        return write(window, **arguments)

    monkeypatch.setattr(windows, "write_window", touch_and_write)
    with pytest.raises(DataError, match=r"log.parquet has changed while it was converted: the same command"):
        _convert(_log(tmp_path), "*.parquet")
    assert not (tmp_path / "out/manifest.json").exists()


def test_more_workers_without_beam_are_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="2 workers: Apache Beam is not installed"):
        _convert(_log(tmp_path), "*.parquet", workers=2)
