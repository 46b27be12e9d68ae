"""Batches that are on the device by the time that a step asks for them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import tensorflow as tf

from mtmd_tf.features.batch import Batch

T = TypeVar("T")
_END = object()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; while one is used, a thread makes the next. An error comes at the item that it belongs to."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = reader.submit(next, items, _END)
            yield item  # type: ignore[misc]


def on_device(batch: Batch, device: str, *, tokens: bool) -> Batch:
    """The batch with what a step computes with in the memory of `device`.

    Strings cannot be there, and TensorFlow reads indices of 32 bits on the host.

    Args:
        batch: Batch as it was read.
        device: Name of the device, such as `GPU:0`.
        tokens: Whether the tables are there, so that tokens are to be there too.
    """

    def moved(value: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        if isinstance(value, tf.RaggedTensor):
            return value.with_flat_values(moved(value.flat_values))
        if value.dtype != tf.float32 and not (tokens and value.dtype == tf.int64):
            return value
        with tf.device(device):
            return tf.identity(value)

    names = ("query", "item", "cross", "label", "weight", "bid")
    parts: dict[str, Any] = {name: tf.nest.map_structure(moved, getattr(batch, name)) for name in names}
    return batch._replace(**parts)
