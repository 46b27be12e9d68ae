"""Tests of tfrecords_tools/examples.py."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_items, encode_requests, optional_columns
from tfrecords_tools.masks import to_words
from tfrecords_tools.requests import DataError


def _example(serialized: bytes) -> dict[str, list]:
    features = tf.train.Example.FromString(serialized).features.feature
    return {key: list(getattr(value, value.WhichOneof("kind")).value) for key, value in features.items()}


def test_a_request_is_one_example_in_columns() -> None:
    first = _example(next(encode_requests(tiny_schema(), tiny_requests())))
    assert first["request_id"] == [b"r0"]
    assert first["timestamp"] == [1_488_326_400]
    assert first["surface"] == [b"home"]
    assert first["query/country"] == [b"fr"]
    assert first["query/taste"] == [1.0, 0.0]
    assert first["query/words"] == []
    assert first["item/id"] == [b"a", b"b"]
    assert first["item/product"] == [b"standard", b"shopping"]
    assert first["item/price"] == [1.0, 2.0]
    assert first["item/image"] == [0.0, 1.0, 2.0, 3.0]
    assert first["item/tags"] == [b"red", b"big", b"red"]
    assert first["item/lengths/tags"] == [2, 1]
    assert first["cross/bought"] == [0, 1]
    assert first["event/gctr"] == [1, -1]
    assert first["label/ctr"] == [0.5, 0.25]
    assert np.isnan(first["label/gctr"][1])


def test_the_mask_sets_bit_i_for_feature_i() -> None:
    first = _example(next(encode_requests(tiny_schema(), tiny_requests())))
    assert first["query/mask"] == [1 + 2 + 4 + 16]
    assert first["item/mask"] == [1 + 2 + 8 + 16, 31]
    assert first["cross/mask"] == [1, 3]


def test_the_widest_mask_fits() -> None:
    assert to_words(np.ones((1, 63), bool)).tolist() == [[2**63 - 1]]


def test_every_request_has_the_same_keys_and_types() -> None:
    kinds = []
    for serialized in encode_requests(tiny_schema(), tiny_requests()):
        features = tf.train.Example.FromString(serialized).features.feature
        kinds.append({key: value.WhichOneof("kind") for key, value in features.items()})
    assert len(kinds) == 4
    assert all(kind == kinds[0] for kind in kinds)


def test_an_item_is_one_example_without_lengths() -> None:
    first = _example(next(encode_items(tiny_schema(), tiny_items())))
    assert first["item/id"] == [b"a"]
    assert first["item/tags"] == [b"red", b"big"]
    assert first["item/mask"] == [27]
    assert not any(key.startswith("item/lengths") for key in first)


def test_blocks_of_any_size_give_the_same_bytes() -> None:
    whole = list(encode_requests(tiny_schema(), tiny_requests()))
    halves = [list(encode_requests(tiny_schema(), tiny_requests().rows(*bounds))) for bounds in ((0, 1), (1, 4))]
    assert whole == halves[0] + halves[1]


def test_the_optional_columns_are_those_that_the_block_carries() -> None:
    requests = dataclasses.replace(tiny_requests(), event={"gctr": tiny_requests().event["gctr"]}, weight=None)
    assert optional_columns(tiny_schema(), requests) == ("label/ctr", "label/gctr", "event/gctr", "bid")


def test_a_value_of_another_type_names_the_key() -> None:
    requests = tiny_requests()
    requests.query["country"][1] = 7
    with pytest.raises(DataError, match=r"query/country: the record's key is bytes; it is \[7\]"):
        list(encode_requests(tiny_schema(), requests))
