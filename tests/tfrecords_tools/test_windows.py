"""Tests of tfrecords_tools/windows.py."""

import pathlib

import pytest

from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.logs.log import Log
from tfrecords_tools.windows import windows_of


@pytest.mark.parametrize(
    ("rows", "windows"),
    [
        (1, [(1, 1), (2, 2), (5, 5), (6, 6)]),
        (5, [(1, 2), (5, 5), (6, 6)]),  # day 5 alone has six
        (7, [(1, 2), (5, 6)]),
        (99, [(1, 6)]),
    ],
)
def test_windows_are_whole_days_of_so_many_rows(rows: int, windows: list[tuple[int, int]]) -> None:
    log = Log(paths=(), schema=tiny_schema(), optional=())
    log.__dict__["rows_per_day"] = {pathlib.Path("a"): {1: 3, 5: 5}, pathlib.Path("b"): {2: 2, 5: 1, 6: 1}}
    assert windows_of(log, rows=rows) == windows
