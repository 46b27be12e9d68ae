"""Tasks: the constraint between them, in log space, and the losses (paper section 2.3)."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf import replicas
from mtmd_tf.config import TaskConfig
from mtmd_tf.gradients import Gradient, written_out

_LOG_HALF = math.log(0.5)
_LEAST = 1e-6  # of a probability in the logarithmic term, as of LogMAE
_LEAST_LOG = math.log(_LEAST)


class LogProbability(NamedTuple):
    """A probability p as `ln p` and `ln(1 - p)`, each exact where the other rounds to 0.

    Attributes:
        yes: `[pairs]`, ln p.
        no: `[pairs]`, ln(1 - p).
    """

    yes: tf.Tensor
    no: tf.Tensor

    @classmethod
    def of_logit(cls, logit: tf.Tensor) -> "LogProbability":
        """From `ln p/(1 - p)`."""
        return cls(yes=tf.math.log_sigmoid(logit), no=tf.math.log_sigmoid(-logit))

    def joint_with(self, parent: "LogProbability") -> "LogProbability":
        """The marginal of a child whose conditional this is.

            ln p     = ln c + ln b
            ln(1-p)  = ln[(1 - b) + b (1 - c)]      where p > 1/2: a sum of two positive terms
                     = log1p(-p)                    elsewhere

        Nothing cancels, at any logit and any depth of the tree (docs/adr/0004).
        """
        yes = self.yes + parent.yes
        unlikely = tf.math.log1p(-tf.exp(tf.minimum(yes, _LOG_HALF)))
        likely = _log_add(parent.no, parent.yes + self.no)
        return LogProbability(yes=yes, no=tf.where(yes < _LOG_HALF, unlikely, likely))


def constrain(
    logits: Mapping[str, tf.Tensor], *, parents: Mapping[str, str | None], constrained: tf.Tensor | None = None
) -> dict[str, LogProbability]:
    """Conditional logits to marginal probabilities, for any tree of tasks (section 2.3).

    Args:
        logits: `{task: [pairs]}`, parents before children; a child's is conditional on its parent.
        parents: `{task: parent or None}`.
        constrained: `[pairs]` bool, False where a task's logit is already its marginal; None: the constraint holds on
            every pair.

    Returns:
        `{task: LogProbability}` of the marginals.
    """
    marginals: dict[str, LogProbability] = {}
    for task, logit in logits.items():
        own = LogProbability.of_logit(logit)
        parent = parents[task]
        if parent is None:
            marginals[task] = own
            continue
        child = own.joint_with(marginals[parent])
        if constrained is not None:
            child = LogProbability(
                *(tf.where(constrained, both, alone) for both, alone in zip(child, own, strict=True))
            )
        marginals[task] = child
    return marginals


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class BernoulliKL(tf.keras.losses.Loss):
    """KL divergence between Bernoulli(y) and Bernoulli(p), over the labeled pairs only.

        KL = y ln y + (1 - y) ln(1 - y) - y ln p - (1 - y) ln(1 - p)
        loss = sum(weight * KL) / sum(weight)       over pairs that have a label

    so that a rare task is not shrunk by the pairs that lack it; 0 where none has a label. In a step of several replicas
    the divisor is that of all of them, so that their losses add up to the loss of the whole batch. (Keras's own
    `KLDivergence` sums over columns and on one column drops the (1 - y) term.)

    With `log_weight`, what LogMAE measures is in the loss too, as a pseudo-Huber of d = ln p - ln y, both of at least
    ln 1e-6: `KL + log_weight * (sqrt(1 + d^2) - 1)`. KL hardly feels the smallest probabilities (docs/adr/0018).

    Predictions are `[pairs, 2]`: ln p and ln(1 - p). Labels are `[pairs]`, NaN where there is none.

    Args:
        log_weight: Weight of the second term, the error of ln p; 0 leaves it out.
    """

    def __init__(self, *, log_weight: float = 0.0, **kwargs) -> None:
        super().__init__(reduction=tf.keras.losses.Reduction.NONE, **kwargs)
        self._log_weight = log_weight

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """`[pairs]`, in nats; 0 where there is no label."""
        y_true = tf.stop_gradient(tf.where(tf.math.is_finite(y_true), y_true, 0.0))  # nobody learns labels
        entropy = tf.math.xlogy(y_true, y_true) + tf.math.xlog1py(1.0 - y_true, -y_true)  # 1 - y rounds a rare y
        kl = _cross_entropy(y_true, y_pred, less=entropy)
        if not self._log_weight:
            return kl
        apart = tf.maximum(y_pred[:, 0], _LEAST_LOG) - tf.math.log(tf.maximum(y_true, _LEAST))
        return kl + self._log_weight * (tf.sqrt(1.0 + tf.square(apart)) - 1.0)

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> tf.Tensor:
        """The mean over labeled pairs, one number; of several replicas, this one's share of it."""
        weight = labeled_weight(y_true, sample_weight)
        divisor = replicas.summed(tf.reduce_sum(weight))
        return _weighed(self.call(y_true, y_pred), weight, divisor)

    def get_config(self) -> dict:
        """The constructor's arguments."""
        return {"name": self.name, "log_weight": self._log_weight}


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class MeanBernoulliKL(tf.keras.metrics.Mean):
    """The same divergence averaged over all labeled pairs since the last reset."""

    def update_state(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> None:
        """Adds the pairs of a batch, `[pairs]`."""
        super().update_state(BernoulliKL().call(y_true, y_pred), sample_weight=labeled_weight(y_true, sample_weight))


def labeled_weight(label: tf.Tensor, weight: tf.Tensor | None) -> tf.Tensor:
    """`[pairs]`: the weight, or 1, where there is a label, and 0 where there is none."""
    weight = tf.ones_like(label) if weight is None else tf.cast(weight, label.dtype)
    return tf.where(tf.math.is_finite(label), weight, 0.0)


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class MultiTask(tf.keras.layers.Layer):
    """One TFRS `Ranking` task per task, each with its loss and metric, and their weighted sum.

    Args:
        tasks: Names, parents and weights.
        log_weight: Weight of the error of ln p in `BernoulliKL`.
    """

    def __init__(self, tasks: Sequence[TaskConfig], *, log_weight: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.tasks = tuple(tasks)
        self._log_weight = log_weight
        self.rankings = {
            task.name: tfrs.tasks.Ranking(
                loss=BernoulliKL(log_weight=log_weight),
                metrics=[MeanBernoulliKL(name=f"kl/{task.name}")],
                name=f"ranking_{task.name}",
            )
            for task in self.tasks
        }

    def call(
        self,
        labels: Mapping[str, tf.Tensor],
        predictions: Mapping[str, LogProbability],
        weight: tf.Tensor | None = None,
        compute_metrics: bool = True,
    ) -> tf.Tensor:
        """The weighted sum of the tasks' losses, `[]`, for labels `{task: [pairs]}` and weights `[pairs]`.

        Raises:
            ValueError: A task without a column of labels; it lists those that came.
        """
        missing = [task.name for task in self.tasks if task.name not in labels]
        if missing:
            raise ValueError(f"No labels for the tasks {missing}; the batch has labels for {list(labels)}.")
        losses = [
            task.loss_weight
            * self.rankings[task.name](
                labels[task.name],
                tf.stack(predictions[task.name], axis=1),
                sample_weight=weight,
                compute_metrics=compute_metrics,
            )
            for task in self.tasks
        ]
        return tf.add_n(losses)

    def get_config(self) -> dict:
        """The constructor's arguments."""
        tasks = [dataclasses.asdict(task) for task in self.tasks]
        return super().get_config() | {"tasks": tasks, "log_weight": self._log_weight}

    @classmethod
    def from_config(cls, config: dict) -> "MultiTask":
        """The inverse of `get_config`."""
        return cls([TaskConfig(**task) for task in config.pop("tasks")], **config)


def _cross_entropy(label: tf.Tensor, log_probability: tf.Tensor, *, less: tf.Tensor) -> tf.Tensor:
    """`less - y ln p - (1 - y) ln(1 - p)` of labels `[pairs]` and `[pairs, 2]`: ln p and ln(1 - p)."""
    other = 1.0 - label

    def run(log_probability: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        yes, no = tf.unstack(log_probability, num=2, axis=1)

        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = -upstream
            return [tf.stack([upstream * label, upstream * other], axis=1)]

        return less - label * yes - other * no, gradient

    return written_out(run, log_probability)


def _weighed(losses: tf.Tensor, weight: tf.Tensor, divisor: tf.Tensor) -> tf.Tensor:
    """`sum(weight * loss) / divisor` of `[pairs]` each, `[]`; 0 where the divisor is."""

    def run(losses: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        mean = tf.math.divide_no_nan(tf.reduce_sum(weight * losses), divisor)
        return mean, lambda upstream: [tf.math.divide_no_nan(upstream, divisor) * weight]

    return written_out(run, losses)


def _log_add(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """ln(e^a + e^b) for finite a and b."""
    top = tf.stop_gradient(tf.maximum(a, b))
    return top + tf.math.log(tf.exp(a - top) + tf.exp(b - top))  # maximum and abs would have no gradient at a tie
