"""Tests of mtmd_tf/serving/ranking/find.py and catalog.py."""

import pathlib
import shutil

import pytest

from mtmd_tf.serving.ranking.catalog import describe_items, readable_features
from mtmd_tf.serving.ranking.find import find_request
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


def test_a_request_is_found_by_id(world: World) -> None:
    request = find_request(world.data, split="train", request_id="r2")
    assert (request.request_id, request.surface) == ("r2", "home")
    assert request.features == {"country": b"fr", "visits": 3.0, "taste": [1.0, 1.0]}


def test_the_last_request_of_a_surface_is_found(world: World) -> None:
    assert find_request(world.data, split="train", surface="search").request_id == "r1"
    assert find_request(world.data, split="train", surface="home").request_id == "r2"


def test_a_request_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(ServingError, match=r"no request with the id 'r9' in split 'eval'"):
        find_request(world.data, request_id="r9")
    with pytest.raises(ServingError, match=r"no request on home in split 'eval'"):
        find_request(world.data, surface="home")
    with pytest.raises(ServingError, match=r"no surface 'moon' in .*; it has \['home', 'search'\]"):
        find_request(world.data, surface="moon")


def test_a_shard_of_another_day_is_refused(world: World, tmp_path: pathlib.Path) -> None:
    data = shutil.copytree(world.data, tmp_path / "data")
    first, second = (shard.path for shard in Manifest.load(data).shards("train"))
    first.write_bytes(second.read_bytes())
    with pytest.raises(DataError, match=rf"{first}: (the manifest says \d+ bytes|holds other records)"):
        find_request(data, split="train", request_id="r0")


def test_items_are_described_by_words_or_descriptors(world: World) -> None:
    assert [feature.name for feature in readable_features(tiny_schema(), side="item")] == ["brand"]
    items = ScoringIndex.open(world.embeddings, spec=RankerSpec.load(world.exports))
    assert describe_items(items, tiny_schema(), ["d", "a"]) == [{"brand": 9}, {"brand": 1}]
