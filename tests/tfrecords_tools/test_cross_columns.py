"""Tests of tfrecords_tools/cross_columns.py."""

import pathlib

import numpy as np
import pytest

from tests.tfrecords_tools.test_shards import folder_bytes, write_tiny
from tfrecords_tools.cross_columns import copy_with_cross
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import Column, DataError, Requests
from tfrecords_tools.schema import Feature, Schema, SchemaError

TWICE = Feature(name="twice", side="cross", kind="continuous", dtype="float")
VECTOR = Feature(name="vector", side="cross", kind="dense", dtype="float", size=2)
DAYS = ("2017-03-02", "2017-03-03")


def twice_the_price(requests: Requests) -> tuple[dict[str, Column], np.ndarray]:
    price = requests.item["price"]
    assert isinstance(price, np.ndarray)
    mask = np.stack([price < 4, np.ones(len(price), bool)], axis=1)
    return {"twice": 2 * price, "vector": np.stack([price, -price], axis=1)}, mask


def copy(source: pathlib.Path, out: pathlib.Path, **options) -> Manifest:
    options = {"days": DAYS, "features": (TWICE, VECTOR), "compute": twice_the_price, "origin": {"a": 1}, **options}
    return copy_with_cross(source, out, **options)


def test_new_features_stand_behind_the_old_ones(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "source")
    manifest = copy(tmp_path / "source", tmp_path / "out")
    schema = Schema.load(tmp_path / "out")
    manifest.check_schema(schema)
    assert [feature.name for feature in schema.features_of("cross")] == ["seen", "bought", "twice", "vector"]
    requests = decode_requests(schema, list(read_records(manifest.shards("train")[0])), manifest.columns)  # a, b, d
    assert requests.cross["seen"].tolist() == [2, 0, 0]
    assert requests.cross["twice"].tolist()[:2] == [2, 4]
    assert requests.cross["vector"].tolist() == [[1, -1], [2, -2], [4, -4]]
    assert requests.cross_mask is not None
    assert requests.cross_mask[:, 2:].tolist() == [[True, True], [True, True], [False, True]]
    assert requests.event["ctr"].tolist() == [1, -1, 1]
    assert manifest.statistics["cross/twice"]["present"] == 2
    assert manifest.source["cross"]["origin"] == {"a": 1}


def test_the_same_copy_is_found_and_another_one_is_refused(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "source")
    copy(tmp_path / "source", tmp_path / "out")
    before = folder_bytes(tmp_path / "out")
    copy(tmp_path / "source", tmp_path / "out")
    assert folder_bytes(tmp_path / "out") == before
    with pytest.raises(DataError, match="out"):
        copy(tmp_path / "source", tmp_path / "out", origin={"a": 2})


def test_a_name_that_is_taken_is_refused(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "source")
    with pytest.raises(SchemaError, match="seen"):
        copy(tmp_path / "source", tmp_path / "out", features=(Feature(**{**vars(TWICE), "name": "seen"}),))
