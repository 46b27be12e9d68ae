"""Piecewise-linear encoding of numbers over quantile bins (Gorishniy et al., 2022).

"On Embeddings for Numerical Features in Tabular Deep Learning", NeurIPS 2022, https://arxiv.org/abs/2203.05556.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.checks import require_rank


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class PiecewiseLinearEncoding(tf.keras.layers.Layer):
    """Encodes each number as its position in each of its bins, so that a network can bend as a tree splits.

        y[k] = clip((x - edge[k]) / (edge[k + 1] - edge[k]), 0, 1)     0 where absent

    The encoding of Gorishniy et al. does not clip the first and the last bin. Here it does, so a count that keeps
    growing after training does not leave the range that was learned. Edges are quantiles of the values and of the
    distinct values, because counts are mostly 0 and their tail matters.

    Args:
        features: Numbers in a row.
        bins: Bins of each number.

    Input shape:  numbers `[rows, features]`, present `[rows, features]` 1 or 0
    Output shape: `[rows, features * bins]`
    """

    def __init__(self, features: int, *, bins: int = 16, **kwargs) -> None:
        super().__init__(**kwargs)
        self._features, self._bins = features, bins
        evenly = tf.keras.initializers.Constant(np.tile(np.linspace(-1.0, 1.0, bins + 1), (features, 1)))
        self.edges = self.add_weight("edges", shape=[features, bins + 1], initializer=evenly, trainable=False)

    def learn(self, columns: Sequence[np.ndarray]) -> None:
        """Sets the edges from each feature's present values, `[values]` each; a feature without any keeps its own."""
        edges = self.edges.numpy()
        for place, values in enumerate(columns):
            if len(values):
                edges[place] = quantile_edges(values, bins=self._bins)
        self.edges.assign(edges)

    def call(self, numbers: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Encodes every number on its own."""
        require_rank(numbers, 2, name="numbers")
        low, high = self.edges[:, :-1], self.edges[:, 1:]  # [features, bins]
        scale = tf.math.divide_no_nan(1.0, high - low)
        numbers = tf.where(present > 0, numbers, 0.0)
        position = tf.clip_by_value((numbers[:, :, None] - low) * scale, 0.0, 1.0)  # [rows, features, bins]
        # Rows are counted: -1 cannot be worked out where a side has no numbers.
        return tf.reshape(position * present[:, :, None], [tf.shape(numbers)[0], self._features * self._bins])


def quantile_edges(values: np.ndarray, *, bins: int) -> np.ndarray:
    """Rising edges, `[bins + 1]`, from values `[values]`; the last edge is repeated where there are fewer."""
    half = np.linspace(0.0, 1.0, bins // 2 + 1)
    edges = np.unique(np.concatenate([np.quantile(values, half), np.quantile(np.unique(values), half)]))
    return np.pad(edges, (0, max(bins + 1 - len(edges), 0)), mode="edge")[: bins + 1].astype(np.float32)
