import json
import pathlib

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tfrecords_tools.checks import check_items, check_requests
from tfrecords_tools.requests import DataError
from tfrecords_tools.sources import adworld
from tfrecords_tools.sources.adworld.build import corpus
from tfrecords_tools.sources.adworld.schema import SCHEMA

SIZE = {"requests": 60, "candidates": 4, "days": 5}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("adworld") / "plain"
    adworld.build(folder, seed=3, **SIZE)
    return folder


@pytest.fixture(scope="module")
def built_with_truth(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("adworld") / "truth"
    adworld.build(folder, seed=3, **SIZE, truth=True)
    return folder


def test_same_seed_same_bytes_and_truth_changes_none(built, built_with_truth):
    without = {name: data for name, data in _files(built_with_truth).items() if not name.startswith("truth/")}
    assert len(without) > 5
    assert without == _files(built)


def test_another_seed_gives_other_bytes(built, tmp_path):
    adworld.build(tmp_path / "other", seed=4, **SIZE)
    record = "train/day=2025-03-01/part-00000-of-00001.tfrecord"
    assert _files(tmp_path / "other")[record] != _files(built)[record]


def test_the_last_fifth_of_the_days_is_eval(built):
    assert sorted(path.name for path in (built / "train").iterdir()) == [f"day=2025-03-0{day}" for day in (1, 2, 3, 4)]
    assert [path.name for path in (built / "eval").iterdir()] == ["day=2025-03-05"]


def test_the_manifest_names_the_arguments_and_counts_all_pairs(built):
    manifest = json.loads((built / "manifest.json").read_text())
    assert manifest["source"]["name"] == "adworld"
    assert {key: manifest["source"]["arguments"][key] for key in (*SIZE, "seed")} == {**SIZE, "seed": 3}
    assert sum(split["pairs"] for split in manifest["splits"].values()) == 60 * 4


def test_the_manifest_says_another_distance_and_keeps_silent_of_the_default(built, tmp_path):
    adworld.build(tmp_path / "near", seed=3, **SIZE, domain_distance="near")
    near, plain = (json.loads((folder / "manifest.json").read_text()) for folder in (tmp_path / "near", built))
    assert near["source"]["arguments"] == plain["source"]["arguments"] | {"domain_distance": "near"}


def test_truth_lies_beside_the_records_row_by_row(built_with_truth):
    truth = pd.read_parquet(built_with_truth / "truth" / "pairs.parquet")
    keys = [
        (example.features.feature["request_id"].bytes_list.value[0], item)
        for example in _examples(built_with_truth)
        for item in example.features.feature["item/id"].bytes_list.value
    ]
    assert list(zip(truth["request_id"], truth["item_id"], strict=True)) == keys
    assert truth["octr"].isna().equals(truth["product"] == "shopping")


def test_no_key_of_a_record_holds_the_truth(built_with_truth):
    example = _examples(built_with_truth)[0]
    allowed = {"request_id", "timestamp", "surface", "bid"}
    other = {key for key in example.features.feature if key.split("/")[0] not in ("query", "item", "cross", "event")}
    assert other == allowed
    truth = pd.read_parquet(built_with_truth / "truth" / "pairs.parquet")["ctr"][: SIZE["candidates"]].tolist()
    floats = [list(value.float_list.value) for value in example.features.feature.values()]
    assert truth not in floats


def test_every_block_obeys_the_contract(world, requests):
    for block in requests:
        check_requests(SCHEMA, block)
    check_items(SCHEMA, corpus(world))


def test_request_ids_are_unique_and_seconds_ascend(requests):
    ids = np.concatenate([block.request_id for block in requests])
    assert len(set(ids.tolist())) == 2000
    assert (np.diff(np.concatenate([block.timestamp for block in requests])) >= 0).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"requests": 4}, r"requests must be at least 5 \(one a day\), got 4"),
        ({"candidates": 0}, "candidates must be at least 1, got 0"),
        ({"days": 1}, "days must be at least 2, got 1"),
    ],
)
def test_a_size_that_makes_no_world_is_refused(tmp_path, wrong, message):
    with pytest.raises(DataError, match=message):
        adworld.build(tmp_path / "none", seed=0, **{**SIZE, **wrong})


def _files(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _examples(folder: pathlib.Path) -> list[tf.train.Example]:
    paths = [*sorted(folder.glob("train/*/*")), *sorted(folder.glob("eval/*/*"))]
    return [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset([str(p) for p in paths])]
