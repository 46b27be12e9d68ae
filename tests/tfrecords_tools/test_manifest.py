"""Tests of tfrecords_tools/manifest.py."""

import copy
import dataclasses
import hashlib
import itertools
import json
import pathlib

import pytest

from tests.malformed import refused, tried
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.records import verified
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


def test_a_day_costs_a_look_at_its_own_shards_alone(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for each day in turn would otherwise look at the square of the days."""
    manifest, looked_at = write_tiny(tmp_path), []
    monkeypatch.setattr("tfrecords_tools.manifest.inside", lambda folder, name, **_: looked_at.append(name))
    for day in manifest.days("train"):
        manifest.shards("train", days={day})
    assert len(looked_at) == 2


@pytest.mark.parametrize(("candidates", "together"), [(20, 1_000), (100, 1_000), (200, 512), (5_000, 20), (200_000, 1)])
def test_fewer_requests_are_held_together_where_lists_are_long(candidates: int, together: int) -> None:
    splits = {"train": {"requests": 30, "pairs": 30 * candidates}, "eval": {"requests": 10, "pairs": 10 * candidates}}
    manifest = Manifest(
        folder=pathlib.Path(), schema_fingerprint="", source={}, columns=(), splits=splits, items={}, statistics={}
    )
    assert manifest.at_once(1_000) == together


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
    del plain["digest"]
    (tmp_path / "manifest.json").write_text(json.dumps(with_digest({**plain, "format": 1})))
    with pytest.raises(DataError, match=r"reads format 2 only"):
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


def leaves(plain, path=()):
    """The paths of all values of a JSON value."""
    items = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from leaves(value, (*path, key))


def edits_of(plain):
    """One other value at every place, of all of JSON's types in turn."""
    return [
        changed(plain, where, value)
        for where, value in zip(leaves(plain), itertools.cycle([7, "x", None, [], {}, -1.5, True]), strict=False)
    ]


def changed(plain, path, value):
    plain = copy.deepcopy(plain)
    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value if place[path[-1]] != value else "another"
    return plain


def test_no_edit_passes_unseen_and_none_is_a_traceback(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    path = tmp_path / "manifest.json"
    plain = json.loads(path.read_text())
    edits = edits_of({name: value for name, value in plain.items() if name != "digest"})
    assert len(edits) > 200
    for edit in edits:
        path.write_text(json.dumps({**edit, "digest": plain["digest"]}))
        match = r"^\S+manifest.json was changed after it was written: its digest is \w+, not"
        with refused("manifest", edit, DataError, match=match):
            Manifest.load(tmp_path)


def test_what_has_no_digest_is_held_against_its_format(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    path = tmp_path / "manifest.json"
    plain = json.loads(path.read_text())
    del plain["digest"]
    for edit in edits_of(plain):
        path.write_text(json.dumps(edit))
        tried("manifest", ("no digest", edit), lambda: every_shard(tmp_path), user_errors=DataError)


def every_shard(folder: pathlib.Path) -> list[tuple]:
    """What a manifest says where it is of the right types; `records.verified` then holds the files against it."""
    manifest = Manifest.load(folder)
    return [*(manifest.shards(split) for split in manifest.splits), manifest.item_shards()]


def test_a_data_set_of_before_there_were_digests_opens(tmp_path: pathlib.Path) -> None:
    manifest = write_tiny(tmp_path)
    for shard in [*manifest.splits["train"]["shards"], *manifest.splits["eval"]["shards"], *manifest.items["shards"]]:
        del shard["digest"]
    plain = json.loads(manifest.to_json())
    del plain["digest"]
    text = json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (tmp_path / "manifest.json").write_text(text)
    old = Manifest.load(tmp_path)
    assert old.fingerprint() == hashlib.sha256(text.encode()).hexdigest()[:16]  # as runs on it remember it
    assert verified(old.shards("train")) == old.shards("train")


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "\ufeff{}", '{"format": 2}', "[" * 100_000])
def test_what_is_no_manifest_is_one_line(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with refused("manifest", text, DataError, match=r"^[^\n]*manifest.json[^\n]*build the data set again$"):
        Manifest.load(tmp_path)
