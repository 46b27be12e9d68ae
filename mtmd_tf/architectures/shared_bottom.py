"""Shared bottom (Caruana 1997): one network that all tasks share, and a head for each."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_rank
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class SharedBottom(tf.keras.layers.Layer):
    """`y_task = head_task(bottom(x))`.

    Args:
        tasks: Names of the tasks, with one head each.
        units: Layers of the bottom.
        head_units: Layers of a head.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.

    Input shape:  `[rows, inputs]`
    Output shape: `[tasks, rows, head_units[-1]]`
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        units: Sequence[int],
        head_units: Sequence[int],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        layers: dict[str, Any] = {"slope": slope, "normalization": normalization}
        self._bottom = FeedForward(
            ["expert_0"], units=units, seed=derive_seed(seed, "experts"), name="bottom", **layers
        )
        self._heads = FeedForward(tasks, units=head_units, seed=derive_seed(seed, "heads"), name="heads", **layers)

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Runs the bottom once, then every head."""
        require_rank(rows, 2, name="rows")
        bottom = self._bottom(rows)[0]  # [rows, units]
        return self._heads(bottom)  # [tasks, rows, head_units[-1]]
