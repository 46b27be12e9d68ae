"""Progressive layered extraction (Tang et al., RecSys 2020)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_rank
from mtmd_tf.routing import Router
from mtmd_tf.seeds import derive_seed

_SHARED = "shared"


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class ExtractionLevel(tf.keras.layers.Layer):
    """One level: experts of each task, experts that all share, and gates between them.

        y_task   = sum over own and shared experts e of softmax(W_task x_task)_e e
        y_shared = sum over all experts e of softmax(W_shared x_shared)_e e

    A task's experts read what the level below made for the task; shared ones, what it made to be shared.

    Args:
        tasks: Names of the tasks.
        task_experts: Experts of each task.
        shared_experts: Experts that all tasks share.
        units: Layers of an expert.
        last: Whether no level follows, so that nothing shared is made.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.

    Input shape:  own `[1 or tasks, rows, inputs]`, shared `[1, rows, inputs]`
    Output shape: `[tasks, rows, units[-1]]` and `[1, rows, units[-1]]`; after the last level the first alone
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        task_experts: int,
        shared_experts: int,
        units: Sequence[int],
        last: bool = False,
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._tasks, self._shared_count = len(tasks), shared_experts

        def experts(names: Sequence[str], name: str) -> FeedForward:
            layers: dict[str, Any] = {"slope": slope, "normalization": normalization}
            return FeedForward(names, units=units, seed=derive_seed(seed, "experts"), name=name, **layers)

        def gates(names: Sequence[str], count: int, name: str) -> Router:
            return Router(names, experts=count, units=(), seed=derive_seed(seed, "gates"), name=name)

        self._own = [experts([f"{task}_{i}" for task in tasks], f"own_experts_{i}") for i in range(task_experts)]
        self._shared = experts([f"expert_{i}" for i in range(shared_experts)], "shared_experts")
        self._gates = gates(tasks, task_experts + shared_experts, "gates")
        everything = len(tasks) * task_experts + shared_experts
        self._shared_gate = None if last else gates([_SHARED], everything, "shared_gate")

    def call(self, own: tf.Tensor, shared: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """Runs every expert once, then mixes by task."""
        require_rank(own, 3, name="own")
        require_rank(shared, 3, name="shared")
        own_experts = [expert(own) for expert in self._own]  # each [tasks, rows, units]
        shared_experts = tf.split(self._shared(shared), self._shared_count)  # each [1, rows, units]
        mixed = self._gates(own, [*own_experts, *shared_experts])  # [tasks, rows, units]
        if self._shared_gate is None:
            return (mixed,)
        everyones = [one for experts in own_experts for one in tf.split(experts, self._tasks)]
        return mixed, self._shared_gate(shared, [*everyones, *shared_experts])  # and [1, rows, units]


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class ProgressiveExtraction(tf.keras.layers.Layer):
    """Levels of extraction, the last of which feeds a head for each task.

    Args:
        tasks: Names of the tasks.
        levels: Between which `units` are divided, in order.
        task_experts: Experts of each task in each level.
        shared_experts: Experts that all tasks share in each level.
        units: Layers on the way through all levels.
        head_units: Layers of a head.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.

    Input shape:  `[rows, inputs]`
    Output shape: `[tasks, rows, head_units[-1]]`

    Raises:
        ValueError: More levels than layers.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        levels: int,
        task_experts: int,
        shared_experts: int,
        units: Sequence[int],
        head_units: Sequence[int],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if levels > len(units):
            raise ValueError(f"{levels} levels cannot share {len(units)} layers, {list(units)}; a level needs one.")
        self._levels = [
            ExtractionLevel(
                tasks,
                task_experts=task_experts,
                shared_experts=shared_experts,
                units=units[len(units) * level // levels : len(units) * (level + 1) // levels],
                last=level == levels - 1,
                slope=slope,
                normalization=normalization,
                seed=derive_seed(seed, f"level_{level}"),
                name=f"level_{level}",
            )
            for level in range(levels)
        ]
        self._heads = FeedForward(
            tasks,
            units=head_units,
            slope=slope,
            normalization=normalization,
            seed=derive_seed(seed, "heads"),
            name="heads",
        )

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Climbs the levels; in the first, every expert reads the input."""
        require_rank(rows, 2, name="rows")
        flow: tuple[tf.Tensor, ...] = (rows[None], rows[None])  # own and shared, each [1, rows, inputs]
        for level in self._levels:
            flow = level(*flow)  # [tasks, rows, units] and [1, rows, units]
        return self._heads(flow[0])
