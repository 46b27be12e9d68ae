"""How a signature's tensors say that a feature is missing, or a list of tokens present but empty.

| dtype | missing, and the padding of a ragged feature | a ragged feature that is present and empty |
|---|---|---|
| bytes | the empty string | `<empty>` |
| float | NaN (a dense vector: NaN throughout) | |
| int64 | -2**63 (-1 may be somebody's identifier) | -2**62 |

An input of one row counts for every row, so one missing value is the default of an input that a request leaves out.
"""

import tensorflow as tf

from tfrecords_tools.schema import Feature

MISSING: dict[str, bytes | int | float] = {"bytes": b"", "int64": -(2**63), "float": float("nan")}
EMPTY: dict[str, bytes | int] = {"bytes": b"<empty>", "int64": -(2**62)}  # both numbers survive a JSON double

_DTYPE = {"bytes": tf.string, "int64": tf.int64, "float": tf.float32}


def tensor_spec(feature: Feature) -> tf.TensorSpec:
    """The signature's input: `[rows]`, dense `[rows, size]`, ragged `[rows, tokens]`."""
    shape = {"dense": [None, feature.size], "ragged": [None, None]}.get(feature.kind, [None])
    return tf.TensorSpec(shape, _DTYPE[feature.dtype], name=feature.name)


def default_of(feature: Feature) -> tf.Tensor:
    """What an input stands for that a request leaves out: one row, missing."""
    shape = [1 if size is None else size for size in tensor_spec(feature).shape]
    return tf.fill(shape, _constant(MISSING, feature))


def _constant(values: dict, feature: Feature) -> tf.Tensor:
    return tf.constant(values[feature.dtype], _DTYPE[feature.dtype])
