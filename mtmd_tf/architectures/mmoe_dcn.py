"""MTMD's successor: a mixture of crossing experts with MLP gates (Pinterest Engineering, 13 February 2026)."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_rank
from mtmd_tf.crossing import Crosses
from mtmd_tf.layer_norm import LayerNorm
from mtmd_tf.routing import Router
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class MixtureOfCrosses(tf.keras.layers.Layer):
    """Multi-gate mixture of experts, each a full-rank crossing, a low-rank crossing and an FFN.

        x0       = LayerNorm(x)
        x1       = x0 * (W_e x0 + b_e) + x0
        x2       = x0 * (U_e (V_e' x1 + a_e) + c_e) + x1
        expert_e = FFN_e(x2)
        y_task   = head_task(sum_e softmax(W_task FFN_task(x))_e expert_e)

    The post names the parts, not their order nor what normalizes them: they are stacked as DCN-v2 stacks them, and
    normalized before the crossing as MTMD does it (section 2.1.5); with `normalization="post"` after it, with `"none"`
    not at all.

    Args:
        tasks: Names of the tasks, with one gate and one head each.
        experts: How many there are.
        units: Layers of an expert's FFN.
        rank: Rank of the low-rank crossings.
        gate_units: Hidden layers of a gate.
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
        rank: int,
        gate_units: Sequence[int],
        head_units: Sequence[int],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._count, self._normalization = experts, normalization

        def named(name: str) -> dict:
            return {"name": name, "seed": derive_seed(seed, name)}

        layers: dict[str, Any] = {"slope": slope, "normalization": normalization}
        names = [f"expert_{number}" for number in range(experts)]
        if normalization != "none":
            self._normalize = LayerNorm(name="normalize")
        self._full = Crosses(names, **named("full_rank"))
        self._low = Crosses(names, rank=rank, **named("low_rank"))
        self._experts = FeedForward(names, units=units, **layers, **named("experts"))
        self._gates = Router(tasks, experts=experts, units=gate_units, **layers, **named("gates"))
        self._heads = FeedForward(tasks, units=head_units, **layers, **named("heads"))

    def call(self, rows: tf.Tensor) -> tf.Tensor:
        """Runs every expert once, then mixes and heads by task."""
        require_rank(rows, 2, name="rows")
        x0 = self._normalize(rows[None]) if self._normalization == "pre" else rows[None]  # [1, rows, inputs]
        crossed = self._low(x0, self._full(x0, x0))  # [experts, rows, inputs]
        experts = self._experts(self._normalize(crossed) if self._normalization == "post" else crossed)
        mixed = self._gates(rows, tf.split(experts, self._count))  # [tasks, rows, units]
        return self._heads(mixed)  # [tasks, rows, head_units[-1]]
