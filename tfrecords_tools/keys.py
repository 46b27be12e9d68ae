"""Columns of values as serialized `tf.train.Example`s, key by key (docs/data-contract.md)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfrecords_tools.requests import DataError

_LIST = {"bytes": "bytes_list", "int64": "int64_list", "float": "float_list"}


class Key(NamedTuple):
    """One key of many Examples: row `i` holds `values[offsets[i]:offsets[i + 1]]`."""

    dtype: str
    values: np.ndarray
    offsets: np.ndarray


def encode_keys(keys: dict[str, Key]) -> Iterator[bytes]:
    """One serialized Example for each row of the keys, in order; equal keys give equal bytes.

    Raises:
        DataError: A value of another type than its key's.
    """
    # One Example, filled again and again: twice as fast as a new one each time, three times keyword construction.
    example = tf.train.Example()
    slots = []
    for name, key in keys.items():
        holder = getattr(example.features.feature[name], _LIST[key.dtype])
        holder.SetInParent()  # an empty list is still a list of its type
        slots.append((name, holder.value, key.values.tolist(), key.offsets.tolist()))
    for row in range(len(slots[0][3]) - 1):
        for name, slot, values, offsets in slots:
            try:
                slot[:] = values[offsets[row] : offsets[row + 1]]
            except (TypeError, ValueError) as error:
                rule = f"the record's key is {keys[name].dtype}"
                raise DataError(f"{name}: {rule}; it is {values[offsets[row] : offsets[row + 1]][:3]}") from error
        yield example.SerializeToString(deterministic=True)


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """`[rows + 1]` int64: where each row of `lengths`, `[rows]`, begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def names_of(names: tuple[str, ...], index: np.ndarray) -> np.ndarray:
    """The names of `index`, `[rows]`, as `bytes` objects."""
    return np.array([name.encode() for name in names], dtype=object)[index]
