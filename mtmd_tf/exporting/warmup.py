"""Requests that TensorFlow Serving replays when it loads a tower, so that the first call of a user is fast."""

import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

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
    """`tensorflow.serving.PredictionLog(predict_log=PredictLog(request=PredictRequest(...)))`, serialized.

    Inputs are `[rows, ...]` arrays. The messages are those of the package tensorflow-serving-api; written out, so that
    an export does not need it.
    """
    specification = _field(1, model.encode()) + _field(3, signature.encode())
    request = _field(1, specification)
    for name, array in sorted(inputs.items()):
        tensor = tf.make_tensor_proto(array.tolist() if array.dtype == object else array)
        request += _field(2, _field(1, name.encode()) + _field(2, tensor.SerializeToString(deterministic=True)))
    return _field(6, _field(1, request))


def _field(number: int, payload: bytes) -> bytes:
    """A protocol buffer's field of text or a message: its number with wire type 2, its length, itself."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(number: int) -> bytes:
    more, last = number >> 7, number & 0x7F
    return bytes([last | 0x80]) + _varint(more) if more else bytes([last])
