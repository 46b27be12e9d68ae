"""Tests of tfrecords_tools/item_profile/reading.py and stored.py."""

import json
import pathlib

import pytest

from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.item_profile import stored
from tfrecords_tools.item_profile.profile import ItemProfile
from tfrecords_tools.item_profile.reading import corpus_sample, step, training_profile
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


@pytest.fixture
def manifest(tmp_path: pathlib.Path) -> Manifest:
    write_tiny(tmp_path / "data")
    return Manifest.load(tmp_path / "data")


def test_training_is_counted_by_pair_and_by_item(manifest: Manifest) -> None:
    profile = training_profile(manifest, tiny_schema(), most=0)
    assert profile.every == 1
    shopping = profile.products["shopping"]  # b, then b and d, which has no tags and no image
    assert (shopping.pairs, shopping.items) == (3, 2)
    assert (shopping.features["image"].pairs, shopping.features["image"].items) == (pytest.approx(2 / 3), 0.5)
    assert shopping.features["price"].edges[0][0] == pytest.approx(2.2)  # the first decile of 2 and 4


def test_a_slice_is_profiled_alone(manifest: Manifest) -> None:
    profile = training_profile(manifest, tiny_schema(), most=0, surface="search", product="standard")
    assert {name: own.pairs for name, own in profile.products.items()} == {"standard": 1}


def test_fewer_pairs_are_every_nth_request(manifest: Manifest) -> None:
    assert training_profile(manifest, tiny_schema(), most=3).every == 2
    assert [step(10, 0), step(10, 10), step(10, 9), step(0, 5)] == [1, 1, 2, 1]


def test_the_corpus_is_sampled_past_a_corrupt_record(manifest: Manifest) -> None:
    (first, *_) = manifest.item_shards()
    content = bytearray(first.path.read_bytes())
    content[20] ^= 1
    first.path.write_bytes(bytes(content))
    corpus = corpus_sample(manifest, tiny_schema(), ItemProfile(every=1, products={}), most=0)
    found = [corpus.of(product) for product in range(2)]
    assert sum(0 if items is None else len(items.item_id) for items, _ in found) == 3
    assert not any(seen for _, seen in found)


def test_a_profile_is_kept_with_its_stamp(manifest: Manifest, tmp_path: pathlib.Path) -> None:
    profile = training_profile(manifest, tiny_schema(), most=0)
    stored.write(tmp_path, profile, stamp="cafe")
    assert stored.load(tmp_path, stamp="cafe") == profile
    assert stored.load(tmp_path, stamp="beef") is None
    assert stored.load(tmp_path / "elsewhere", stamp="cafe") is None


def test_an_edited_profile_is_refused(tmp_path: pathlib.Path) -> None:
    stored.write(tmp_path, ItemProfile(every=1, products={}), stamp="cafe")
    path = tmp_path / stored.FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"every": 2}))
    with pytest.raises(DataError, match=r"item_features\.json was changed after it was written: .*; export again"):
        stored.load(tmp_path, stamp="cafe")
