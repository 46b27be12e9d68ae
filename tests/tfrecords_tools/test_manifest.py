"""Tests of tfrecords_tools/manifest.py."""

import dataclasses
import json
import pathlib

import pytest

from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.files import write_text
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


def test_what_was_written_is_loaded(tmp_path: pathlib.Path) -> None:
    written = write_tiny(tmp_path)
    assert Manifest.load(tmp_path) == written


def test_no_path_of_this_machine_gets_into_the_file(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    assert str(tmp_path) not in (tmp_path / "manifest.json").read_text()


def test_shards_of_a_day(tmp_path: pathlib.Path) -> None:
    manifest = write_tiny(tmp_path)
    assert [shard.day for shard in manifest.shards("train")] == ["2017-03-01", "2017-03-02"]
    assert [shard.day for shard in manifest.shards("train", days={"2017-03-02"})] == ["2017-03-02"]
    assert manifest.shards("train")[0].path == tmp_path / "train/day=2017-03-01/part-00000-of-00001.tfrecord"
    assert manifest.item_shards()[0].items == 4


def test_an_unknown_day_lists_the_days(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"no day 2017-03-03 in split 'train'; it has \['2017-03-01', '2017-03-02'\]"):
        write_tiny(tmp_path).shards("train", days={"2017-03-03"})


def test_an_unknown_split_lists_the_splits(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"no split 'test' in .*; it has \['eval', 'train'\]"):
        write_tiny(tmp_path).days("test")


def test_a_folder_without_manifest_is_incomplete(tmp_path: pathlib.Path) -> None:
    rule = r"holds no manifest.json: the data set is incomplete or not one; build it again"
    with pytest.raises(DataError, match=rule):
        Manifest.load(tmp_path)


def test_a_manifest_of_another_format_is_refused(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    plain = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps({**plain, "format": 2}))
    with pytest.raises(DataError, match=r"reads format 1 only"):
        Manifest.load(tmp_path)


def test_another_schema_is_refused_with_both_fingerprints(tmp_path: pathlib.Path) -> None:
    manifest, other = write_tiny(tmp_path), dataclasses.replace(tiny_schema(), surfaces=("search", "home"))
    mine, its = tiny_schema().fingerprint(), other.fingerprint()
    with pytest.raises(DataError, match=rf"written with the schema {mine}, but schema 'tiny' is {its}"):
        manifest.check_schema(other)


def test_a_file_is_replaced_whole(tmp_path: pathlib.Path) -> None:
    write_text(tmp_path / "a", "one")
    write_text(tmp_path / "a", "two")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "two"


@pytest.mark.parametrize("name", ["../victim/x.tfrecord", "/etc/passwd"])
def test_a_shard_outside_the_folder_is_refused(tmp_path: pathlib.Path, name: str) -> None:
    manifest = write_tiny(tmp_path)
    manifest.splits["train"]["shards"][0]["path"] = name
    manifest.items["shards"][0]["path"] = name
    for shards in (lambda: manifest.shards("train"), manifest.item_shards):
        with pytest.raises(DataError, match=rf"manifest.json names '{name}' where the rule is a path inside"):
            shards()
