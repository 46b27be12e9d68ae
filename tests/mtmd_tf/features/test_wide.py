"""Sides of more than 63 features: a mask has several int64, and every reader finds the same features present."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

from mtmd_tf.evaluation.value_counts import frequent_values
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.reading import DataSet
from tests.tfrecords_tools.tiny import EVAL_FROM, a_feature, some_tokens, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_items, encode_requests
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.requests import Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_pbtxt import to_proto
from tfrecords_tools.shards import write_dataset

MORE = 70  # features beside the tiny ones: 75 of the query and of the item, 72 of a pair; the last is a category


@pytest.fixture(scope="module")
def schema() -> Schema:
    added = [
        *(a_feature(name=f"{side}{number}", side=side) for side in ("query", "item", "cross") for number in range(69)),
        *(
            some_tokens(name=f"{side}_last", side=side, kind="categorical", hash_buckets=8)
            for side in ("query", "item", "cross")
        ),
    ]
    return dataclasses.replace(tiny_schema(), features=(*tiny_schema().features, *added))


def widened(rows: Requests | Items, side: str, random: np.random.Generator) -> dict:
    """The columns of a side and its mask, a third of the added features absent."""
    columns, mask = getattr(rows, side), getattr(rows, f"{side}_mask")
    there = random.random((len(mask), MORE)) > 1 / 3
    added = {
        f"{side}{number}": np.where(there[:, number], random.normal(size=len(mask)), 0).astype(np.float32)
        for number in range(MORE - 1)
    }
    added[f"{side}_last"] = np.where(there[:, -1], b"there", b"absent").astype(object)
    return {side: columns | added, f"{side}_mask": np.concatenate([mask, there], axis=1)}


@pytest.fixture(scope="module")
def requests() -> Requests:
    tiny, random = tiny_requests(), np.random.default_rng(0)
    sides = [widened(tiny, side, random) for side in ("query", "item", "cross")]
    return dataclasses.replace(tiny, **{name: value for side in sides for name, value in side.items()})


@pytest.fixture(scope="module")
def items() -> Items:
    return dataclasses.replace(tiny_items(), **widened(tiny_items(), "item", np.random.default_rng(1)))


@pytest.fixture(scope="module")
def data(schema: Schema, requests: Requests, items: Items, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("wide")
    source = {"name": "wide", "arguments": {}}
    write_dataset(folder, schema=schema, requests=[requests], items=items, eval_from=EVAL_FROM, source=source)
    return folder


def test_records_come_back(schema: Schema, requests: Requests, items: Items) -> None:
    found = decode_requests(schema, list(encode_requests(schema, requests)), ())
    for side in ("query", "item", "cross"):
        np.testing.assert_array_equal(getattr(found, f"{side}_mask"), getattr(requests, f"{side}_mask"))
        np.testing.assert_array_equal(getattr(found, side)[f"{side}68"], getattr(requests, side)[f"{side}68"])
    np.testing.assert_array_equal(decode_items(schema, list(encode_items(schema, items))).item_mask, items.item_mask)


def test_the_reader_finds_the_same_present(data: pathlib.Path, requests: Requests) -> None:
    opened = DataSet.open(data)
    [batch] = opened.batches("train", batch_requests=8, cross=True)  # r0 to r2 of the four, six pairs of the eight
    for side, rows in (("query", 3), ("item", 6), ("cross", 6)):
        order = [feature.name for feature in opened.schema.features_of(side)]
        place = [order.index(feature.name) for feature in SideLayout(side, opened.schema).features]
        np.testing.assert_array_equal(getattr(batch, side).mask, getattr(requests, f"{side}_mask")[:rows, place])


def test_only_present_values_of_the_last_features_are_counted(data: pathlib.Path) -> None:
    opened = DataSet.open(data)
    features = [each for each in opened.schema.features if each.name in ("query_last", "item_last")]
    found = frequent_values(opened, split="train", features=features)
    assert [each.names[0] for each in found] == ["there", "there"]
    assert "absent" not in (*found[0].names, *found[1].names)


def test_others_tools_read_them(data: pathlib.Path, schema: Schema) -> None:
    [first, *_] = tfds.builder_from_directory(data).as_dataset(split="train_20170301")
    assert first["query"]["mask"].shape == (2,)
    assert first["item"]["mask"].shape == (2, 2)  # candidates, words
    described = {feature.name: feature.value_count for feature in to_proto(schema, ()).feature}
    assert (described["query/mask"].min, described["query/mask"].max) == (2, 2)
    assert described["item/mask"].min == 2
