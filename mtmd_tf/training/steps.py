"""A step of training, in one replica or in several that see one batch together (paper section 3.1)."""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf import legacy, replicas
from mtmd_tf.config import TrainConfig
from mtmd_tf.distribution.group import Group
from mtmd_tf.execution import Execution, executing
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.sharing import deviations
from mtmd_tf.training.batches import weighed
from mtmd_tf.training.optimizers import SplitOptimizer, dense_variables


class Stepped(NamedTuple):
    """What a step says of its batch, of all replicas together.

    Attributes:
        loss: Loss before the step, `[]`.
        norm: Norm of the dense gradients, `[]`.
        pairs: Pairs of the batch.
    """

    loss: tf.Tensor
    norm: tf.Tensor
    pairs: int


class TrainStep:
    """Takes a model's training steps.

    Args:
        model: Has `compute_loss(batch, training)`, `embedding_variables` and `trainable_variables`, all made.
        optimizer: Optimizer whose variables are made already.
        config: Configuration of the training.
        empty: A batch without requests, for the type of all batches.
        group: The replicas; None for one process without a strategy.
        xla: Whether XLA compiles the towers and the optimizer.
    """

    def __init__(
        self,
        model: tf.keras.Model,
        optimizer: SplitOptimizer,
        *,
        config: TrainConfig,
        empty: Batch,
        group: Group | None,
        xla: bool = False,
    ) -> None:
        self._model, self._optimizer, self._config = model, optimizer, config
        self._together, self._execution = (
            group is not None,
            Execution(precision=config.precision, xla=xla, in_blocks=group is None),
        )
        specs = [batch_spec(empty)] * (1 if group is None else group.replicas)
        step = self._step if group is None else lambda *parts: group.run(self._on_replica, parts)
        self._function = tf.function(step, input_signature=specs, autograph=False)

    def __call__(self, parts: Sequence[Batch]) -> Stepped:
        """Takes a step on a batch: one part for each replica of this process."""
        with executing(self._execution), legacy.quick_graphs():
            loss, norm, *pairs = self._function(*parts)
        if self._together:
            return Stepped(loss, norm, int(pairs[0]))
        return Stepped(loss, norm, parts[0].request.shape[0])

    def _step(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = self._model.compute_loss(weighed(batch, self._config), training=True)
        tables, dense = self._model.embedding_variables, dense_variables(self._model)
        apart = deviations(self._model) if self._config.deviation_decay else []  # looks at every layer
        own = [variable for weight in apart for variable in weight.own]
        return loss, self._optimizer.minimize(loss, tape, tables=tables, dense=dense, deviations=own)

    def _on_replica(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        loss, norm = self._step(batch)
        loss, pairs = replicas.summed([loss, tf.cast(tf.size(batch.request), loss.dtype)])
        return loss, norm, pairs
