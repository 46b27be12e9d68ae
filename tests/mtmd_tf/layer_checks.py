"""What every layer must do, whatever it computes: run on any number of rows, come back from config and from disk."""

import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf


def with_any_rows(layer: tf.keras.layers.Layer, *inputs: tf.Tensor, axis: int = 0) -> Callable[..., Any]:
    """The layer traced once, its inputs' `axis` (counted from the front) of unknown size."""
    shapes = [[None if place == axis else size for place, size in enumerate(tensor.shape)] for tensor in inputs]
    return tf.function(
        layer.__call__, input_signature=[tf.TensorSpec(s, t.dtype) for s, t in zip(shapes, inputs, strict=True)]
    )


def empty(*inputs: tf.Tensor, axis: int = 0) -> list[tf.Tensor]:
    """The inputs with no rows."""
    return [tf.gather(tensor, tf.zeros([0], tf.int32), axis=axis) for tensor in inputs]


def assert_any_rows(
    layer: tf.keras.layers.Layer, *inputs: tf.Tensor, axis: int = 0, out_axis: int | None = None
) -> None:
    """One trace gives the eager result on these rows, and no rows on no rows."""
    run = with_any_rows(layer, *inputs, axis=axis)
    nothing = run(*empty(*inputs, axis=axis))
    for got, wanted, none in zip(
        tf.nest.flatten(run(*inputs)), tf.nest.flatten(layer(*inputs)), tf.nest.flatten(nothing), strict=True
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
        where = axis if out_axis is None else out_axis
        assert none.shape == [0 if place == where else size for place, size in enumerate(wanted.shape)]


def assert_config_round_trip(layer: tf.keras.layers.Layer, *inputs: tf.Tensor) -> None:
    """Its configuration, through JSON, makes a layer with the same initial weights and outputs."""
    plain = tf.keras.layers.serialize(layer)
    again = tf.keras.layers.deserialize(plain)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    _assert_same_outputs(layer, again, inputs)


def assert_weights_round_trip(
    make: Callable[[int], tf.keras.layers.Layer], *inputs: tf.Tensor, folder: pathlib.Path
) -> None:
    """`make(seed)`: a checkpoint of one layer makes another, of another seed, give the same outputs."""
    saved, restored = make(1), make(2)
    saved(*inputs)
    restored(*inputs)
    for place, weight in enumerate(saved.weights):
        weight.assign_add(tf.ones_like(weight) * 0.1 * (place + 1))
    path = tf.train.Checkpoint(layer=saved).write(str(folder / "weights"))
    tf.train.Checkpoint(layer=restored).read(path).assert_consumed()
    _assert_same_outputs(saved, restored, inputs)


def assign(layer: tf.keras.layers.Layer, values: dict[str, Any]) -> None:
    """Gives the weights whose names end so these values; every name must fit one weight."""
    for ending, value in values.items():
        [weight] = [w for w in layer.weights if w.name.removesuffix(":0").endswith(ending)]
        weight.assign(value)


def ramp(*shape: int) -> tf.Tensor:
    """-0.3, -0.2, ... 0.3, -0.3, ... of a shape: small, signed and nowhere constant."""
    count = int(np.prod(shape))
    return tf.constant(((np.arange(count) % 7 - 3) / 10).reshape(shape), tf.float32)


def _assert_same_outputs(
    one: tf.keras.layers.Layer, other: tf.keras.layers.Layer, inputs: tuple[tf.Tensor, ...]
) -> None:
    for got, wanted in zip(tf.nest.flatten(other(*inputs)), tf.nest.flatten(one(*inputs)), strict=True):
        np.testing.assert_array_equal(got, wanted)
