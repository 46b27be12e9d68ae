"""Requests that TensorFlow Serving replays when it loads a tower, so that the first call of a user is fast."""

import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from mtmd_tf.serving.rows import to_inputs, to_rows
from mtmd_tf.serving.specification import DEFAULT, SERIALIZED
from tfrecords_tools.examples import encode_items
from tfrecords_tools.requests import Items, Requests
from tfrecords_tools.schema import Schema

FILE_NAME = "tf_serving_warmup_requests"  # TensorFlow Serving looks for it in assets.extra
_ROWS = (1, 8)  # a live request, and a small batch

Inputs = Mapping[str, np.ndarray]


def write_warmup(path: pathlib.Path, schema: Schema, *, tower: str, sample: Requests) -> None:
    """Writes one record of type PredictionLog per signature and number of rows.

    Args:
        path: File to write, of TFRecords.
        schema: Schema of the tower.
        tower: `query_tower` or `item_tower`.
        sample: Requests of every surface and product.
    """
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in warmup_inputs(schema, tower=tower, sample=sample):
            writer.write(prediction_log(model=tower, signature=signature, inputs=inputs))


def warmup_inputs(schema: Schema, *, tower: str, sample: Requests) -> Iterator[tuple[str, Inputs]]:
    """`(signature, {input: [rows, ...]})`; rows of a domain are repeated where the sample has fewer."""
    side, key = ("query", "surface") if tower == "query_tower" else ("item", "product")
    domain, columns, mask = (
        (sample.surface, sample.query, sample.query_mask)
        if side == "query"
        else (sample.product, sample.item, sample.item_mask)
    )
    everything, names = to_rows(schema.features_of(side), columns, mask), schema.domains_of(side)
    items = Items(item_id=sample.item_id, product=domain, item=columns, item_mask=mask) if side == "item" else None
    records = [] if items is None else list(encode_items(schema, items))
    for size in _ROWS:
        for index, name in enumerate(names):
            rows = [everything[row] for row in np.resize(np.flatnonzero(domain == index), size)]
            yield name, to_inputs(schema.features_of(side, domain=name), rows, where=name)
        chosen = np.resize(_one_of_each(domain), size)
        inputs = to_inputs(schema.features_of(side), [everything[row] for row in chosen], where=f"any {key}")
        yield DEFAULT, inputs | {key: np.array(names, dtype=object)[domain[chosen]]}
        if records:
            yield SERIALIZED, {SERIALIZED: np.array([records[row] for row in chosen], dtype=object)}


def _one_of_each(domain: np.ndarray) -> np.ndarray:
    return np.unique(domain, return_index=True)[1]


def prediction_log(*, model: str, signature: str, inputs: Inputs) -> bytes:
    """A serialized PredictionLog of one call of a signature with `[rows, ...]` inputs; equal calls give equal bytes."""
    log = prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, array in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(array.tolist() if array.dtype == object else array))
    return log.SerializeToString(deterministic=True)
