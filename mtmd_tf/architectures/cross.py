"""DCN-v2 crossings side by side (Wang et al., WWW 2021), full-rank and low-rank."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.blocks import Linear
from mtmd_tf.checks import require_rank
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Crosses(tf.keras.layers.Layer):
    """`tfrs.layers.dcn.Cross` for several experts in one matrix product.

        y = x0 * (W x + b) + x              full rank
        y = x0 * (U (V' x + a) + b) + x     low rank

    Args:
        copies: One name per crossing.
        rank: Of U and V; 0 for the full matrix W.
        seed: Initial weights are derived from it and the copy's name.

    Input shape:  x0 `[1 or copies, rows, units]`, x likewise
    Output shape: `[copies, rows, units]`
    """

    def __init__(self, copies: Sequence[str], *, rank: int = 0, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._arguments: dict[str, Any] = {"copies": tuple(copies), "rank": rank, "seed": seed}

    def build(self, shape: tf.TensorShape) -> None:
        """Makes W, or V and U; each starts small, so that a crossing starts near what it is given."""
        copies, rank, seed = self._arguments["copies"], self._arguments["rank"], self._arguments["seed"]
        self._maps = []
        for name, units in (("down", rank), ("up", shape[-1])) if rank else (("full", shape[-1]),):
            self._maps.append(Linear(copies, units=units, scale=0.25, seed=derive_seed(seed, name), name=name))
        super().build(shape)

    def call(self, x0: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        """Crosses x with x0."""
        require_rank(x0, 3, name="x0")
        require_rank(x, 3, name="x")
        mapped = x
        for linear in self._maps:
            mapped = linear(mapped)
        return x0 * mapped + x

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return super().get_config() | self._arguments
