"""Multi-gate mixture of experts (Ma et al., KDD 2018)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_rank
from mtmd_tf.routing import Router
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class MixtureOfExperts(tf.keras.layers.Layer):
    """Experts that all tasks share, and for each task a gate that reads the input and a head.

        gate_task = softmax(W_task x)
        y_task    = head_task(sum_e gate_task,e expert_e(x))

    Args:
        tasks: Names of the tasks, with one gate and one head each.
        experts: How many there are.
        units: Layers of an expert.
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
        experts: int,
        units: Sequence[int],
        head_units: Sequence[int],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._count = experts
        names = [f"expert_{number}" for number in range(experts)]

        def network(copies: Sequence[str], units: Sequence[int], name: str) -> FeedForward:
            layers: dict[str, Any] = {"slope": slope, "normalization": normalization}
            return FeedForward(copies, units=units, seed=derive_seed(seed, name), name=name, **layers)

        self._experts = network(names, units, "experts")
        self._gates = Router(tasks, experts=experts, units=(), seed=derive_seed(seed, "gates"), name="gates")
        self._heads = network(tasks, head_units, "heads")

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Runs every expert once, then mixes and heads by task."""
        require_rank(rows, 2, name="rows")
        experts = tf.split(self._experts(rows), self._count)  # each [1, rows, units]
        mixed = self._gates(rows, experts)  # [tasks, rows, units]
        return self._heads(mixed)  # [tasks, rows, head_units[-1]]
