"""Tests of tfrecords_tools/records.py."""

import pathlib
from typing import NamedTuple

import pytest
import tensorflow as tf

from tfrecords_tools.records import batched, every_nth, read_file
from tfrecords_tools.requests import DataError


def three_records(folder: pathlib.Path) -> pathlib.Path:
    path = folder / "a.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in (b"one", b"two", b"three"):
            writer.write(record)
    return path


def test_records_come_in_order(tmp_path: pathlib.Path) -> None:
    assert list(read_file(three_records(tmp_path))) == [b"one", b"two", b"three"]


def test_batches_hold_up_to_their_size(tmp_path: pathlib.Path) -> None:
    assert list(batched(read_file(three_records(tmp_path)), size=2)) == [[b"one", b"two"], [b"three"]]


class AsItIs(NamedTuple):
    """A shard that is taken as it is."""

    path: pathlib.Path

    def verify(self) -> None:
        pass


def test_every_nth_of_each_shard_comes_in_batches_across_shards(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b").mkdir()
    shards = [AsItIs(three_records(tmp_path)), AsItIs(three_records(tmp_path / "b"))]
    assert list(every_nth(shards, 2, size=3)) == [[b"one", b"three", b"one"], [b"three"]]
    assert list(every_nth(shards, 5, size=3)) == [[b"one", b"one"]]
    assert list(every_nth(shards[:1], 1, size=3)) == [[b"one", b"two", b"three"]]


def test_every_nth_names_the_record_that_is_corrupt(tmp_path: pathlib.Path) -> None:
    (tmp_path / "b").mkdir()
    path = three_records(tmp_path / "b")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"b/a.tfrecord, record 2: corrupt or cut off"):
        list(every_nth([AsItIs(three_records(tmp_path)), AsItIs(path)], 2, size=3))


def test_a_flipped_byte_names_file_and_record(tmp_path: pathlib.Path) -> None:
    path = three_records(tmp_path)
    broken = bytearray(path.read_bytes())
    broken[(16 + 3) + 12] ^= 1  # a record is 12 bytes of head, its data, 4 bytes of foot: the first byte of `two`
    path.write_bytes(broken)
    with pytest.raises(DataError, match=r"a.tfrecord, record 1: corrupt or cut off"):
        list(read_file(path))


def test_a_file_cut_off_names_the_record(tmp_path: pathlib.Path) -> None:
    path = three_records(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"a.tfrecord, record 2: corrupt or cut off"):
        list(read_file(path))


def test_no_pipeline_is_made_for_a_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One takes thirty times as long as reading a day's records, and there are hundreds of days."""
    monkeypatch.setattr(tf.data, "TFRecordDataset", lambda *_: pytest.fail("it made one"))
    assert list(read_file(three_records(tmp_path))) == [b"one", b"two", b"three"]


def test_a_missing_file_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"b.tfrecord: no such file, though the manifest lists it"):
        list(read_file(tmp_path / "b.tfrecord"))
