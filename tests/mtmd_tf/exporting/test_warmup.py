"""Tests of mtmd_tf/exporting/warmup.py."""

import collections
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.warmup import FILE_NAME, prediction_log, write_warmup
from mtmd_tf.serving.loading import load_tower
from mtmd_tf.serving.specification import RankerSpec
from tests.mtmd_tf.serving.world import World
from tests.tfrecords_tools.tiny import tiny_schema

SIGNATURES = {
    "query_tower": {"home", "search", "serving_default"},
    "item_tower": {"standard", "shopping", "serving_default", "serialized"},
}


def test_the_bytes_are_those_of_the_real_messages() -> None:
    inputs = {"age": np.array([30.0], np.float32), "words": np.array([[b"red" * 100, b""]], dtype=object)}
    own = prediction_log_pb2.PredictionLog.FromString(
        prediction_log(model="query_tower", signature="search", inputs=inputs)
    )
    real = prediction_log_pb2.PredictionLog()
    request = real.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = "query_tower", "search"
    request.inputs["age"].CopyFrom(tf.make_tensor_proto([30.0]))
    request.inputs["words"].CopyFrom(tf.make_tensor_proto([[b"red" * 100, b""]]))
    assert own == real


@pytest.mark.parametrize("tower", SIGNATURES)
def test_every_signature_is_called_with_one_row_and_with_eight(world: World, tower: str) -> None:
    spec = RankerSpec.load(world.exports)
    folder = spec.tower_folder(world.exports, tower)
    signatures = load_tower(folder, stamp=spec.stamp).signatures
    rows = collections.defaultdict(list)
    for record in tf.data.TFRecordDataset(str(folder / "assets.extra" / FILE_NAME)).as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == tower
        name = request.model_spec.signature_name
        tensors = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
        rows[name].append(len(signatures[name](**tensors)["embedding"]))  # one that fails keeps a server from loading
    assert rows == {name: [1, 8] for name in SIGNATURES[tower]}


def test_the_same_sample_writes_the_same_bytes(tmp_path: pathlib.Path) -> None:
    for name in ("first", "second"):
        write_warmup(tmp_path / name, tiny_schema(), tower="item_tower", sample=sample_requests(tiny_schema()))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
