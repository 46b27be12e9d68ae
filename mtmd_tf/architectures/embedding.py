"""The final embedding of a task in towers without shallow experts (paper section 3.2)."""

import math
from collections.abc import Sequence

import tensorflow as tf

from mtmd_tf.blocks import Linear
from mtmd_tf.checks import require_choice, require_rank
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class PlainEmbedding(tf.keras.layers.Layer):
    """A linear map and a bias, in the coordinates that MTMD's embedding has them in.

        embedding = [W x + c ; bias(domain), 1]     on the query side
        embedding = [W x + c ; 1, bias(domain)]     on the item side

    The two last coordinates are all there is of a shallow part. Each domain's bias is one number, so that a product
    starts at its own prior, as it does in MTMD.

    Args:
        units: Width of the deep part.
        side: `query` or `item`.
        biases: Initial bias of each domain, in logits.
        seed: The kernel's seed.

    Input shape:  rows `[rows, inputs]`, domain `[rows]` int32
    Output shape: `[rows, units + 2]`
    """

    def __init__(self, units: int, *, side: str, biases: Sequence[float], seed: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        require_choice(side, ("query", "item"), what="side")
        self._side, self._starts = side, tuple(biases)
        # As in MTMD: two such vectors have a dot product of standard deviation about 1/4.
        self._project = Linear(
            [side], units=units, seed=derive_seed(seed, "project"), scale=0.25 / math.sqrt(units), name="project"
        )

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the biases, `[domains]`."""
        biases = tf.constant_initializer(self._starts)
        self._biases = self.add_weight("biases", shape=[len(self._starts)], initializer=biases)
        super().build(shape)

    def call(self, rows: tf.Tensor, domain: tf.Tensor) -> tf.Tensor:
        """Composes the embedding."""
        require_rank(rows, 2, name="rows")
        require_rank(domain, 1, name="domain")
        bias = tf.gather(self._biases, domain)[:, None]  # [rows, 1]
        pair = [bias, tf.ones_like(bias)] if self._side == "query" else [tf.ones_like(bias), bias]
        return tf.concat([self._project(rows)[0], *pair], axis=1)  # [rows, units + 2]
