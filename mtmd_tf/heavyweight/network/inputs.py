"""One side's features as one vector a row: embeddings, piecewise-linear numbers, and the mask."""

import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.heavyweight.network.piecewise_linear import PiecewiseLinearEncoding
from mtmd_tf.seeds import derive_seed


class SideInput(tf.keras.layers.Layer):
    """Encodes a side: `[rows, width]`, 0 wherever a feature is absent, and the mask beside it.

    Args:
        layout: The side's fields.
        dim: Width of an embedded field.
        bins: Bins of each number.
        seed: Initial weights are derived from it and their names.
    """

    def __init__(self, layout: SideLayout, *, dim: int, bins: int, seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layout = layout
        self.encoder = Encoder(layout, dim=dim, seed=derive_seed(seed, "encoder"), name="encoder")
        self.encoder.table.assign(tf.zeros_like(self.encoder.table))  # a token that was never learned says nothing
        self.numbers = PiecewiseLinearEncoding(len(layout.of_kind("continuous")), bins=bins, name="numbers")

    def call(self, side: Side) -> tf.Tensor:
        """Encodes `rows` rows."""
        encoded = self.encoder(side)
        fields = encoded.embedded.shape[1]
        embedded = encoded.embedded * encoded.mask[:, :fields, None]
        flat = tf.reshape(embedded, [tf.shape(encoded.mask)[0], fields * encoded.embedded.shape[2]])
        return tf.concat([flat, self.numbers(encoded.numbers, encoded.mask[:, fields:]), encoded.mask], axis=1)
