"""The experts of one domain: deep and shallow per task, and one that its tasks share (paper sections 2.1.3, 2.1.4)."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_rank
from mtmd_tf.gradients import constant, rows_of
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Indices, Sharing


class ExpertOutputs(NamedTuple):
    """What a domain's experts make of its rows.

    Attributes:
        deep: `[tasks, rows, units]`.
        task_shared: `[1, rows, units]`.
        shallow: `[tasks, rows, shallow units]`, of 0 units where there are no shallow experts.
    """

    deep: tf.Tensor
    task_shared: tf.Tensor
    shallow: tf.Tensor


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class DomainExperts(tf.keras.layers.Layer):
    """A deep and a shallow expert for each task, and one expert that all tasks of the domain share.

    Args:
        tasks: The tasks that exist in this domain.
        deep_units: Layers of deep and task-shared experts.
        shallow_units: Layers of shallow experts; none leaves these experts out.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        deep_units: Sequence[int],
        shallow_units: Sequence[int],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._tasks, self._has_shallow = len(tasks), bool(shallow_units)
        self._deep = FeedForward(
            [*tasks, "task_shared"],
            units=deep_units,
            slope=slope,
            normalization=normalization,
            seed=derive_seed(seed, "deep"),
            name="deep_and_task_shared",
        )
        # A shallow output goes straight into the dot product: a small gain keeps the first logits near the prior.
        if self._has_shallow:
            self._shallow = FeedForward(
                tasks,
                units=shallow_units,
                slope=slope,
                last_gain=0.1,
                normalization=normalization,
                seed=derive_seed(seed, "shallow"),
                name="shallow",
            )

    def make_base(self, inputs: int, *, descriptors: int) -> None:
        """Makes the linear maps alone, for others to deviate from, of so many inputs."""
        self._deep.make_base(inputs)
        if self._has_shallow:
            self._shallow.make_base(descriptors)

    def deviate(
        self, base: "DomainExperts", *, sharing: Sharing, inputs: Indices = None, descriptors: Indices = None
    ) -> None:
        """From now on, before it is built, every expert is `base`'s of the same task plus a deviation.

        Args:
            base: Built before this layer is.
            sharing: How the domains of the tower share weights.
            inputs: Positions of the domain's inputs among those of the base.
            descriptors: Positions of the domain's descriptors among those of the base; an empty list leaves the first
                shallow kernel without a base.
        """
        self._deep.deviate(base._deep, sharing=sharing, inputs=inputs)
        if self._has_shallow:
            self._shallow.deviate(base._shallow, sharing=sharing, inputs=descriptors)

    def call(self, fields: tf.Tensor, descriptors: tf.Tensor, blocks: tf.Tensor | None = None) -> ExpertOutputs:
        """Runs all of them.

        Args:
            fields: `[rows, inputs]`, this domain's adapted fields.
            descriptors: `[rows, descriptor inputs]`, the high-level categorical ones among them.
            blocks: Number of blocks of rows in which LayerNorms go (`FeedForward`).
        """
        require_rank(fields, 2, name="fields")
        require_rank(descriptors, 2, name="descriptors")
        deep = self._deep(fields, blocks=blocks)  # [tasks + 1, rows, units]
        if self._has_shallow:
            shallow = self._shallow(descriptors, blocks=blocks)
        else:
            shallow = tf.zeros([self._tasks, rows_of(fields), 0], fields.dtype)
        own, task_shared = tf.split(deep, constant([self._tasks, 1]))
        return ExpertOutputs(deep=own, task_shared=task_shared, shallow=shallow)
