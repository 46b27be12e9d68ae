"""Tests of tfrecords_tools/shards.py."""

import dataclasses
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.shards import write_dataset

SOURCE = {"name": "tiny", "arguments": {"seed": 0}}


def write_tiny(out: pathlib.Path, *, blocks: list[Requests] | None = None, **arguments) -> Manifest:
    arguments = {"eval_from": EVAL_FROM, "source": SOURCE, **arguments}
    blocks = [tiny_requests()] if blocks is None else blocks
    return write_dataset(out, schema=tiny_schema(), requests=blocks, items=tiny_items(), **arguments)


def folder_bytes(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_day_is_a_folder_and_late_days_are_eval(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*.tfrecord"))] == [
        "eval/day=2017-03-03/part-00000-of-00001.tfrecord",
        "items/part-00000-of-00001.tfrecord",
        "train/day=2017-03-01/part-00000-of-00001.tfrecord",
        "train/day=2017-03-02/part-00000-of-00001.tfrecord",
    ]


def test_the_shards_hold_the_encoded_requests_in_order(tmp_path: pathlib.Path) -> None:
    manifest = write_tiny(tmp_path, requests_per_shard=1)
    paths = [str(shard.path) for split in ("train", "eval") for shard in manifest.shards(split)]
    assert paths[0].endswith("day=2017-03-01/part-00000-of-00002.tfrecord")
    records = [record.numpy() for record in tf.data.TFRecordDataset(paths)]
    assert records == list(encode_requests(tiny_schema(), tiny_requests()))


def test_the_manifest_counts_what_was_written(tmp_path: pathlib.Path) -> None:
    manifest = write_tiny(tmp_path)
    assert (manifest.requests("train"), manifest.pairs("train")) == (3, 6)
    assert (manifest.requests("eval"), manifest.pairs("eval")) == (1, 2)
    first = manifest.shards("train")[0]
    assert (first.day, first.requests, first.pairs, first.bytes) == ("2017-03-01", 2, 3, first.path.stat().st_size)
    assert manifest.items["products"] == {"standard": 2, "shopping": 2}
    assert manifest.columns == ("label/ctr", "label/gctr", "event/ctr", "event/gctr", "weight", "bid")


def test_blocks_of_any_size_give_the_same_shards(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "whole")
    write_tiny(tmp_path / "single", blocks=[tiny_requests().rows(row, row + 1) for row in range(4)])
    whole, single = folder_bytes(tmp_path / "whole"), folder_bytes(tmp_path / "single")
    assert {name for name in whole if whole[name] != single[name]} <= {"manifest.json"}  # rounding of the means


def test_the_same_build_twice_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "a")
    write_tiny(tmp_path / "b")
    assert folder_bytes(tmp_path / "a") == folder_bytes(tmp_path / "b")


def test_an_interrupted_build_ends_with_the_same_bytes(tmp_path: pathlib.Path) -> None:
    def broken_off():
        yield tiny_requests().rows(0, 3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tiny(tmp_path / "again", blocks=broken_off(), requests_per_shard=1)
    assert not (tmp_path / "again/manifest.json").exists()
    assert list((tmp_path / "again/train").rglob("part-*-of-00002.tfrecord"))
    write_tiny(tmp_path / "again")
    write_tiny(tmp_path / "once")
    assert folder_bytes(tmp_path / "again") == folder_bytes(tmp_path / "once")


def test_another_builds_leftovers_are_removed(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match="non-decreasing"):
        write_tiny(tmp_path / "again", blocks=[tiny_requests().rows(3, 4), tiny_requests()], eval_from="2017-03-02")
    assert (tmp_path / "again/eval/day=2017-03-03").exists()
    write_tiny(tmp_path / "again", eval_from="2017-04-01")
    write_tiny(tmp_path / "once", eval_from="2017-04-01")
    assert folder_bytes(tmp_path / "again") == folder_bytes(tmp_path / "once")
    assert not (tmp_path / "again/eval/day=2017-03-03").exists()


def test_a_complete_build_is_left_alone(tmp_path: pathlib.Path) -> None:
    def must_not_be_read():
        raise AssertionError("a complete data set was built again")
        yield

    first = write_tiny(tmp_path)
    assert write_tiny(tmp_path, blocks=must_not_be_read()) == first


def test_a_complete_data_set_of_another_build_is_refused(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    with pytest.raises(DataError, match=r"another build .*\"seed\": 0.*\"seed\": 1.*give another --out, or delete"):
        write_tiny(tmp_path, source={"name": "tiny", "arguments": {"seed": 1}})


def test_a_folder_of_other_files_is_refused_untouched(tmp_path: pathlib.Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(DataError, match=r"is no data set but holds \['thesis.tex'\]: give an empty or a new folder"):
        write_tiny(tmp_path)
    assert folder_bytes(tmp_path) == {"thesis.tex": b"mine"}


def test_a_schema_of_ones_own_is_not_overwritten(tmp_path: pathlib.Path) -> None:
    (tmp_path / "schema.json").write_text("mine")
    (tmp_path / "train").mkdir()
    (tmp_path / "train/part-1.tfrecord").write_text("mine")
    with pytest.raises(DataError, match=r"holds a schema.json that is not of a data set begun here"):
        write_tiny(tmp_path)
    assert folder_bytes(tmp_path) == {"schema.json": b"mine", "train/part-1.tfrecord": b"mine"}


@pytest.mark.parametrize(("mark", "kind"), [("config.json", "a run"), ("ranker.json", "an export")])
def test_another_commands_folder_is_refused_untouched(tmp_path: pathlib.Path, mark: str, kind: str) -> None:
    (tmp_path / mark).write_text("{}")
    (tmp_path / "schema.json").write_text("its own")
    with pytest.raises(DataError, match=rf"holds {kind} \({mark}\); choose another --out, nothing in it was changed"):
        write_tiny(tmp_path)
    assert folder_bytes(tmp_path) == {mark: b"{}", "schema.json": b"its own"}


def test_a_link_inside_a_data_set_is_not_followed_out_of_it(tmp_path: pathlib.Path) -> None:
    def broken_off():
        yield tiny_requests().rows(0, 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tiny(tmp_path / "out", blocks=broken_off())
    shutil.rmtree(tmp_path / "out/train")
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/part-00000-of-00001.tfrecord").write_text("mine")
    (tmp_path / "out/train").symlink_to(tmp_path / "victim")
    with pytest.raises(DataError, match=r"names 'train', which leads to .*victim; the rule is a path inside"):
        write_tiny(tmp_path / "out")
    assert folder_bytes(tmp_path / "victim") == {"part-00000-of-00001.tfrecord": b"mine"}


def test_two_builds_in_one_folder_do_not_meet(tmp_path: pathlib.Path) -> None:
    def meanwhile():
        with pytest.raises(DataError, match=r"another process is building a data set in .*; wait for it or choose"):
            write_tiny(tmp_path / "again", source={"name": "other", "arguments": {}})
        yield tiny_requests()

    write_tiny(tmp_path / "again", blocks=meanwhile())
    write_tiny(tmp_path / "once")
    assert folder_bytes(tmp_path / "again") == folder_bytes(tmp_path / "once")


def test_killed_while_writing_the_schema_it_starts_again(tmp_path: pathlib.Path) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again/.schema.json.tmp").write_text("{")
    write_tiny(tmp_path / "again")
    write_tiny(tmp_path / "once")
    assert folder_bytes(tmp_path / "again") == folder_bytes(tmp_path / "once")


def test_days_out_of_order_name_the_request_and_the_rule(tmp_path: pathlib.Path) -> None:
    blocks = [tiny_requests().rows(2, 3), tiny_requests().rows(0, 1)]
    with pytest.raises(DataError, match=r"request r0, timestamp: .*non-decreasing.*of 2017-03-01, after 2017-03-02"):
        write_tiny(tmp_path, blocks=blocks)


def test_blocks_with_other_columns_are_refused(tmp_path: pathlib.Path) -> None:
    blocks = [tiny_requests().rows(0, 1), dataclasses.replace(tiny_requests().rows(1, 2), bid=None)]
    with pytest.raises(DataError, match=r"in every record of a data set or in none; earlier blocks have .*'bid'\]"):
        write_tiny(tmp_path, blocks=blocks)


def test_a_broken_rule_stops_the_build_before_the_manifest(tmp_path: pathlib.Path) -> None:
    requests = tiny_requests()
    requests.query["age"][3] = np.nan
    with pytest.raises(DataError, match=r"request r3, query/age: finite where the mask says present; it is nan"):
        write_tiny(tmp_path, blocks=[requests])
    assert not (tmp_path / "manifest.json").exists()


def test_no_request_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"no request came"):
        write_tiny(tmp_path, blocks=[])


def test_eval_from_must_be_a_day(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"eval_from '3 March' is no day; write it as 2017-11-06"):
        write_tiny(tmp_path, eval_from="3 March")
