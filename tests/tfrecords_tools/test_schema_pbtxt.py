"""Tests of tfrecords_tools/schema_pbtxt.py."""

import pathlib

import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.schema_pbtxt import to_proto

COLUMNS = optional_columns(tiny_schema(), tiny_requests())


def _features() -> dict[str, schema_pb2.Feature]:
    return {feature.name: feature for feature in to_proto(tiny_schema(), COLUMNS).feature}


def test_it_lists_the_keys_of_a_record() -> None:
    record = tf.train.Example.FromString(next(encode_requests(tiny_schema(), tiny_requests())))
    assert set(_features()) == set(record.features.feature)


def test_types_are_those_of_the_records() -> None:
    features = _features()
    assert features["query/words"].type == schema_pb2.BYTES
    assert features["item/brand"].type == schema_pb2.INT
    assert features["label/ctr"].type == schema_pb2.FLOAT


def test_domains_are_environments() -> None:
    proto, features = to_proto(tiny_schema(), COLUMNS), _features()
    every = ["surface/home", "surface/search", "product/standard", "product/shopping"]
    assert list(proto.default_environment) == every
    assert list(features["query/words"].not_in_environment) == ["surface/home"]
    assert list(features["item/discount"].not_in_environment) == ["product/standard"]
    assert list(features["label/gctr"].not_in_environment) == ["product/shopping"]
    assert list(features["query/age"].not_in_environment) == []


def test_ranges_and_lengths() -> None:
    features = _features()
    assert (features["label/ctr"].float_domain.min, features["label/ctr"].float_domain.max) == (0.0, 1.0)
    assert (features["query/taste"].value_count.min, features["query/taste"].value_count.max) == (2, 2)
    assert features["query/words"].value_count.min == 0
    assert list(features["query/country"].string_domain.value) == ["fr", "us"]


def test_a_data_set_holds_it_as_text(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path)
    parsed = text_format.Parse((tmp_path / "schema.pbtxt").read_text(), schema_pb2.Schema())
    assert parsed == to_proto(tiny_schema(), COLUMNS)
