"""Tests of tfrecords_tools/validate.py."""

import pathlib
import re
from collections.abc import Callable

import pytest
import tensorflow as tf

from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.records import read_file
from tfrecords_tools.requests import DataError
from tfrecords_tools.validate import validate

DAY_2 = "train/day=2017-03-02/part-00000-of-00001.tfrecord"
ITEMS = "items/part-00000-of-00001.tfrecord"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    write_tiny(tmp_path)
    return tmp_path


def _change(path: pathlib.Path, record: int, change: Callable[[dict], object]) -> None:
    """Writes the file again with one record changed."""
    examples = [tf.train.Example.FromString(serialized) for serialized in read_file(path)]
    change(examples[record].features.feature)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            writer.write(example.SerializeToString())


def test_what_was_written_is_sound(folder: pathlib.Path) -> None:
    report = validate(folder)
    assert (report.records, report.problems) == (8, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.pop("query/words"), r"missing \['query/words'\], unknown \[\]$"),
        (lambda f: f["query/hat"], r"missing \[\], unknown \['query/hat'\]$"),
        (lambda f: f["query/age"].int64_list.value.append(1), r"query/age"),
        (
            lambda f: f["item/price"].float_list.value.__setitem__(0, float("nan")),
            r"candidate a, item/price: finite .* nan$",
        ),
        (
            lambda f: f["surface"].bytes_list.value.__setitem__(0, b"moon"),
            r"surface 'moon' is not one of \['home', 'search'\]$",
        ),
        (lambda f: f["item/product"].bytes_list.value.__setitem__(0, b"x"), r"product 'x' is not one of "),
        (
            lambda f: f["item/mask"].int64_list.value.__setitem__(0, 32),
            r"item/mask: one bit for each of .* 5 features; it is 100000 in binary$",
        ),
        (
            lambda f: f["item/mask"].int64_list.value.pop(),
            r"request r2, item/mask: one value per candidate, so 3; it has 2$",
        ),
        (
            lambda f: f["request_id"].bytes_list.value.__setitem__(0, b"r0"),
            r"request r0, request_id: unique in the data set; it came before$",
        ),
        (
            lambda f: f["timestamp"].int64_list.value.__setitem__(0, 0),
            r"timestamp: its folder's day 2017-03-02; it is of 1970-01-01$",
        ),
    ],
)
def test_a_broken_request_names_file_record_and_rule(folder: pathlib.Path, change: Callable, message: str) -> None:
    _change(folder / DAY_2, 0, change)
    (problem,) = validate(folder).problems
    assert problem.startswith(f"{folder / DAY_2}, record 0: ")
    assert re.search(message, problem)


def test_a_corrupt_record_is_named(folder: pathlib.Path) -> None:
    path = folder / DAY_2
    path.write_bytes(path.read_bytes()[:-1])
    assert validate(folder).problems == (f"{path}, record 0: corrupt or cut off; build the data set again",)


def test_a_record_that_is_no_example(folder: pathlib.Path) -> None:
    with tf.io.TFRecordWriter(str(folder / DAY_2)) as writer:
        writer.write(b"\xff\xff")
    assert "a record is a serialized tf.train.Example; this one is not" in validate(folder).problems[0]


def test_an_item_that_stands_twice(folder: pathlib.Path) -> None:
    _change(folder / ITEMS, 3, lambda f: f["item/id"].bytes_list.value.__setitem__(0, b"b"))
    (problem,) = validate(folder).problems
    assert problem == f"{folder / ITEMS}, record 3: item b, item/id: unique in the item corpus; it came before"


def test_a_manifest_that_counts_wrong(folder: pathlib.Path) -> None:
    manifest = Manifest.load(folder)
    manifest.splits["train"]["slices"]["home"]["standard"]["pairs"] = 99
    manifest.write()
    (problem,) = validate(folder).problems
    assert problem == "split train, slices, home, standard, pairs: the manifest says 99; the records give 2"


def test_a_file_of_another_size(folder: pathlib.Path) -> None:
    path = folder / DAY_2
    with tf.io.TFRecordWriter(str(path)):
        pass
    assert validate(folder).problems == (f"{path}: the manifest says 1 requests; the file holds 0",)


def test_every_problem_up_to_the_limit(folder: pathlib.Path) -> None:
    for record in range(4):
        _change(folder / ITEMS, record, lambda f: f.pop("item/price"))
    assert len(validate(folder, max_errors=3).problems) == 3
    assert len(validate(folder, max_errors=0).problems) > 3


def test_a_folder_without_manifest_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"holds no manifest.json"):
        validate(tmp_path)
