"""Two optimizers: one whose cost does not grow with the vocabulary for the tables, Adam for the rest."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf import legacy, replicas
from mtmd_tf.config import AVERAGED, TrainConfig
from mtmd_tf.execution import compiled


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class WarmUpCosine(tf.keras.optimizers.schedules.LearningRateSchedule):
    """Climbs in a straight line over `warmup` steps to `peak`, then falls by a cosine to `floor * peak` at `total`."""

    def __init__(self, peak: float, *, warmup: int, total: int, floor: float = 0.02) -> None:
        self._arguments = {"peak": peak, "warmup": warmup, "total": total, "floor": floor}

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate `[]` at `step` `[]`, counted from 0."""
        step = tf.cast(step, tf.float32)
        peak, warmup, total, floor = self._arguments.values()
        climbed = tf.minimum((step + 1.0) / max(warmup, 1), 1.0)
        done = tf.clip_by_value((step - warmup) / max(total - warmup, 1), 0.0, 1.0)
        return peak * climbed * (floor + (1.0 - floor) * 0.5 * (1.0 + tf.cos(math.pi * done)))

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return dict(self._arguments)


def dense_variables(model: Any) -> list[tf.Variable]:
    """Every trainable variable of the model that is none of its `embedding_variables`, of any shape `[...]`."""
    tables = {variable.ref() for variable in model.embedding_variables}
    return [variable for variable in model.trainable_variables if variable.ref() not in tables]


class SplitOptimizer(tf.Module):
    """Adagrad for the embedding tables, Adam with clipped gradients for all else.

    Adagrad touches only the rows that a batch looked up; Keras's Adam moves and decays every row of a table at every
    step (docs/adr/0006).

    Args:
        config: Rates and clipping.
        total_steps: Number of steps of the whole training, for the schedule.
    """

    def __init__(self, config: TrainConfig, *, total_steps: int) -> None:
        super().__init__(name="split_optimizer")
        floor = {"floor": 1.0} if config.schedule == AVERAGED else {}  # averaging does what a falling rate would
        schedule = WarmUpCosine(config.learning_rate, warmup=config.warmup_steps, total=total_steps, **floor)
        self._clip_norm, self._schedule, self._decay = config.clip_norm, schedule, config.deviation_decay
        self.dense = legacy.adam(schedule)
        self.tables = legacy.adagrad(config.embedding_learning_rate, accumulator=config.embedding_accumulator)

    def make_variables(self, *, tables: list, dense: list) -> None:
        """Makes what the optimizers keep of each variable; made in a first step, they would have it traced twice."""
        legacy.make_slots(self.tables, tables)
        legacy.make_slots(self.dense, dense)

    def minimize(
        self, loss: tf.Tensor, tape: tf.GradientTape, *, tables: list, dense: list, deviations: Sequence = ()
    ) -> tf.Tensor:
        """Takes a step by `loss`, `[]`; `deviations`, some of `dense`, decay. Returns the dense gradient norm, `[]`.

        In a step of several replicas each replica's loss is its share of one: the gradients are added up, then clipped.
        """
        if self._decay:
            kept = 1.0 - self._decay * self._schedule(self.dense.iterations)
            for variable in deviations:
                _scale(variable, kept)
        gradients = _added_up(tape.gradient(loss, tables + dense))
        of_tables, of_dense = gradients[: len(tables)], gradients[len(tables) :]
        _apply(self.tables, of_tables, tables)
        return compiled(lambda *own: self._move(own, dense))(*of_dense)

    def _move(self, gradients: Sequence, dense: list) -> tf.Tensor:
        norm = _norm(gradients)
        if self._clip_norm:
            gradients = _clipped(gradients, self._clip_norm, norm=norm)
        _apply(self.dense, gradients, dense)
        return norm


def _apply(optimizer: Any, gradients: Sequence, variables: list) -> None:
    pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    legacy.apply_gradients(optimizer, pairs, added_up=replicas.several())


def _norm(gradients: Sequence) -> tf.Tensor:
    """As `tf.linalg.global_norm`, which opens two scopes around each operation."""
    halves = [tf.nn.l2_loss(getattr(gradient, "values", gradient)) for gradient in gradients if gradient is not None]
    return tf.sqrt(2.0 * tf.reduce_sum(tf.stack(halves))) if halves else tf.constant(0.0)


def _clipped(gradients: Sequence, most: float, *, norm: tf.Tensor) -> list:
    """As `tf.clip_by_global_norm`, by one operation for each gradient; a norm that is not finite leaves no number."""
    scale = most * tf.minimum(1.0 / norm, tf.constant(1.0) / most) + (norm - norm)

    def scaled(gradient: tf.Tensor | tf.IndexedSlices | None) -> Any:
        if isinstance(gradient, tf.IndexedSlices):
            return tf.IndexedSlices(gradient.values * scale, gradient.indices, gradient.dense_shape)
        return None if gradient is None else gradient * scale

    return [scaled(gradient) for gradient in gradients]


def _scale(variable: tf.Variable, factor: tf.Tensor) -> None:
    """Multiplies a variable in place, on every replica."""
    if not replicas.several():
        variable.assign(factor * variable)
        return
    tf.distribute.get_replica_context().merge_call(
        lambda strategy, by: strategy.extended.update(variable, lambda own, by: own.assign(by * own), args=(by,)),
        args=(factor,),
    )


def _added_up(gradients: list) -> list:
    """The gradients of all replicas together; None stays where a variable has none."""
    there = [gradient for gradient in gradients if gradient is not None]
    if replicas.several():
        there = replicas.summed([replicas.rows_once(gradient) for gradient in there])
    each = iter(there)
    return [None if gradient is None else next(each) for gradient in gradients]
