"""Tests of tfrecords_tools/tfds_metadata.py."""

import pathlib

import pytest
import tensorflow_datasets as tfds

from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.requests import DataError
from tfrecords_tools.tfds_metadata import tfds_split


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny(folder, requests_per_shard=1)
    return folder


def test_tensorflow_datasets_opens_the_folder(folder: pathlib.Path) -> None:
    info = tfds.builder_from_directory(folder).info
    assert info.name == "tiny"
    assert {name: split.num_examples for name, split in info.splits.items()} == {
        "train_20170301": 2,
        "train_20170302": 1,
        "eval_20170303": 1,
    }


def test_a_whole_split_is_iterated(folder: pathlib.Path) -> None:
    split = tfds_split(folder, "train")
    assert split == "train_20170301+train_20170302"
    requests = list(tfds.as_numpy(tfds.builder_from_directory(folder).as_dataset(split=split)))
    assert sorted(request["request_id"] for request in requests) == [b"r0", b"r1", b"r2"]
    first = next(request for request in requests if request["request_id"] == b"r0")
    assert first["item"]["tags"].tolist() == [b"red", b"big", b"red"]
    assert first["item"]["lengths"]["tags"].tolist() == [2, 1]
    assert first["item"]["image"].tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert first["query"]["words"].tolist() == []
    assert first["event"]["gctr"].tolist() == [1, -1]
    assert first["bid"].tolist() == [1.0, 2.0]


def test_no_path_of_this_machine_gets_into_the_files(folder: pathlib.Path) -> None:
    for name in ("dataset_info.json", "features.json"):
        assert str(folder) not in (folder / name).read_text()


def test_an_unknown_split_lists_the_splits(folder: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"no split 'test'"):
        tfds_split(folder, "test")
