"""Tests of tfrecords_tools/locks.py."""

import os
import pathlib

import pytest

from tfrecords_tools.locks import FILE_NAME, alone_in
from tfrecords_tools.requests import DataError


def held(folder: pathlib.Path, *, patience: float = 0.0):
    return alone_in(folder, doing="writing", other="--out", raises=DataError, patience=patience)


def test_a_second_process_is_refused_and_the_next_one_is_not(tmp_path: pathlib.Path) -> None:
    with held(tmp_path):
        with pytest.raises(DataError, match=r"another process is writing in .*; wait for it or choose another --out"):
            held(tmp_path).__enter__()
        assert os.listdir(tmp_path) == [FILE_NAME]
    with held(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_file_that_a_kill_left_is_no_lock(tmp_path: pathlib.Path) -> None:
    (tmp_path / FILE_NAME).touch()
    with held(tmp_path):
        pass


def test_the_lock_follows_no_link(tmp_path: pathlib.Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / FILE_NAME).symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        held(tmp_path).__enter__()
    assert (tmp_path / "victim").read_text() == "mine"
