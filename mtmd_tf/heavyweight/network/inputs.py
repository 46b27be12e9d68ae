"""One side's features as one vector a row: embeddings, piecewise-linear numbers, and the mask."""

from typing import Any

import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.heavyweight.network.piecewise_linear import PiecewiseLinearEncoding
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class SideInput(tf.keras.layers.Layer):
    """Encodes a side: 0 wherever a feature is absent, and the mask beside it.

        y = [embedded fields ; piecewise-linear numbers ; mask]

    Args:
        layout: Fields of the side.
        dim: Width of an embedded field.
        bins: Bins of each number.
        seed: Seed of the initial weights, together with their names.

    Input:        a `Side` of `rows` rows
    Output shape: `[rows, embedded fields * dim + numbers * bins + fields]`
    """

    def __init__(self, layout: SideLayout, *, dim: int, bins: int, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layout, self._dim, self._bins, self._seed = layout, dim, bins, seed
        self.encoder = Encoder(layout, dim=dim, seed=derive_seed(seed, "encoder"), name="encoder")
        self.encoder.table.assign(tf.zeros_like(self.encoder.table))  # a token that was never learned says nothing
        self.numbers = PiecewiseLinearEncoding(len(layout.of_kind("continuous")), bins=bins, name="numbers")

    def call(self, side: Side) -> tf.Tensor:
        """Encodes `rows` rows."""
        encoded = self.encoder(side)
        fields = encoded.embedded.shape[1]
        embedded = encoded.embedded * encoded.mask[:, :fields, None]  # [rows, embedded fields, dim]
        flat = tf.reshape(embedded, [tf.shape(encoded.mask)[0], fields * self._dim])
        numbers = self.numbers(encoded.numbers, encoded.mask[:, fields:])  # [rows, numbers * bins]
        return tf.concat([flat, numbers, encoded.mask], axis=1)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"layout": self.layout.to_dict(), "dim": self._dim, "bins": self._bins, "seed": self._seed}
        return super().get_config() | own

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SideInput":
        """The layer of a `get_config`."""
        return cls(**config | {"layout": SideLayout.from_dict(config["layout"])})
