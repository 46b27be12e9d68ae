"""Tests of tfrecords_tools/recover.py."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.tfrecords_tools.test_records import three_records
from tfrecords_tools.recover import recover
from tfrecords_tools.requests import DataError


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Records of 3, 3 and 5 bytes; a record is 12 bytes of head, its data, 4 bytes of foot."""
    return three_records(tmp_path)


def flip(path: pathlib.Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_sound_shard_is_read_whole(path: pathlib.Path) -> None:
    assert recover(path, count=3) == ([b"one", b"two", b"three"], [True] * 3, "", False)


def test_a_range_says_whether_more_follows(path: pathlib.Path) -> None:
    assert recover(path, first=1, count=1) == ([b"two"], [True], "", True)


def test_checksums_are_those_of_tensorflow_for_any_length(tmp_path: pathlib.Path) -> None:
    random = np.random.default_rng(0)
    records = [random.bytes(int(length)) for length in [0, *random.integers(1, 500, 50)]]
    with tf.io.TFRecordWriter(str(tmp_path / "b.tfrecord")) as writer:
        for record in records:
            writer.write(record)
    assert recover(tmp_path / "b.tfrecord", count=51) == (records, [True] * 51, "", False)


def test_a_corrupt_record_is_marked_and_those_behind_it_are_read(path: pathlib.Path) -> None:
    flip(path, 16 + 3 + 12)
    assert recover(path, count=3) == ([b"one", b"uwo", b"three"], [True, False, True], "", False)


def test_a_corrupt_length_hides_what_lies_behind_it(path: pathlib.Path) -> None:
    flip(path, 16 + 3)  # record 1 now claims 2 bytes
    end = "the length of record 1 is corrupt, which hides what lies behind it"
    assert recover(path, count=3) == ([b"one"], [True], end, False)
    assert recover(path, first=2, count=1) == ([], [], end, False)


def test_a_length_beyond_the_file_is_corrupt(path: pathlib.Path) -> None:
    flip(path, 7)
    assert recover(path, count=3).end.startswith("the length of record 0 is corrupt")


@pytest.mark.parametrize("lost", [1, 4, 10, 20])
def test_a_file_cut_off_names_the_record(path: pathlib.Path, lost: int) -> None:
    path.write_bytes(path.read_bytes()[:-lost])
    assert recover(path, count=3) == ([b"one", b"two"], [True] * 2, "record 2 is cut off", False)


def test_fewer_records_than_asked_for_are_said(path: pathlib.Path) -> None:
    assert recover(path, count=5).end == "the shard ends after 3 records"


def test_a_missing_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"c.tfrecord: no such file, though the manifest lists it"):
        recover(tmp_path / "c.tfrecord", count=1)
