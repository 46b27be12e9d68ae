"""Numbers in pieces: what lets a network bend as a tree does, and stay put outside what it learnt from."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.checks import require_rank


class PiecewiseNumbers(tf.keras.layers.Layer):
    """Each number as how far it is through each of its pieces.

        y[k] = clip((x - edge[k]) / (edge[k + 1] - edge[k]), 0, 1)     0 where absent

    The edges are quantiles, of the values and of the distinct values (counts are mostly 0, and their tail matters).
    Beyond the first and the last edge nothing changes, so a count that keeps growing after training does no harm.

    Args:
        features: How many numbers a row has.
        pieces: Of each number.

    Input shape:  numbers `[rows, features]`, present `[rows, features]` 1 or 0
    Output shape: `[rows, features * pieces]`
    """

    def __init__(self, features: int, *, pieces: int = 16, **kwargs) -> None:
        super().__init__(**kwargs)
        self._pieces = pieces
        evenly = tf.keras.initializers.Constant(np.tile(np.linspace(-1.0, 1.0, pieces + 1), (features, 1)))
        self.edges = self.add_weight("edges", shape=[features, pieces + 1], initializer=evenly, trainable=False)

    def learn(self, columns: Sequence[np.ndarray]) -> None:
        """Sets the edges from each feature's present values; a feature without any keeps its own."""
        edges = self.edges.numpy()
        for place, values in enumerate(columns):
            if len(values):
                edges[place] = quantile_edges(values, pieces=self._pieces)
        self.edges.assign(edges)

    def call(self, numbers: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Cuts every number on its own."""
        require_rank(numbers, 2, name="numbers")
        low, high = self.edges[:, :-1], self.edges[:, 1:]
        scale = tf.math.divide_no_nan(1.0, high - low)
        numbers = tf.where(present > 0, numbers, 0.0)
        through = tf.clip_by_value((numbers[:, :, None] - low) * scale, 0.0, 1.0)
        # Rows are counted: -1 cannot be worked out where a side has no numbers.
        return tf.reshape(through * present[:, :, None], [tf.shape(numbers)[0], numbers.shape[1] * self._pieces])


def quantile_edges(values: np.ndarray, *, pieces: int) -> np.ndarray:
    """`[pieces + 1]` edges that rise; the last is repeated where there are fewer distinct ones."""
    half = np.linspace(0.0, 1.0, pieces // 2 + 1)
    edges = np.unique(np.concatenate([np.quantile(values, half), np.quantile(np.unique(values), half)]))
    return np.pad(edges, (0, max(pieces + 1 - len(edges), 0)), mode="edge")[: pieces + 1].astype(np.float32)
