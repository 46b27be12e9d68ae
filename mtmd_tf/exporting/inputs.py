"""A signature's inputs as TensorFlow declares them: shapes, types and defaults (paper section 2.2)."""

import tensorflow as tf

from mtmd_tf.serving.missing import MISSING
from tfrecords_tools.schema import Feature
from tfrecords_tools.specs import TENSOR_TYPES


def tensor_spec(feature: Feature) -> tf.TensorSpec:
    """The signature's input: `[rows]`, dense `[rows, size]`, ragged `[rows, tokens]`."""
    shape = {"dense": [None, feature.size], "ragged": [None, None]}.get(feature.kind, [None])
    return tf.TensorSpec(shape, TENSOR_TYPES[feature.dtype], name=feature.name)


def default_of(feature: Feature) -> tf.Tensor:
    """What an input stands for that a request leaves out: one row, missing; `[1]`, `[1, size]` or `[1, 1]`."""
    shape = [1 if size is None else size for size in tensor_spec(feature).shape]
    return tf.fill(shape, tf.constant(MISSING[feature.dtype], TENSOR_TYPES[feature.dtype]))
