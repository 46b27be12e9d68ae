"""The evaluation on the held-out days, by which a training stops early and keeps its best weights."""

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf import legacy, replicas
from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.distribution.group import Group
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.batches import weighed


class HeldOut:
    """Evaluates a model on a sample of the held-out days, the same sample at every evaluation.

    Args:
        model: Has `compute_loss(batch)` and metrics.
        data: Data set whose split `train` is read.
        config: Size of the sample, seed and weights.
        days: The held-out days.
        cross: Whether cross features are read.
        group: The replicas, of which each takes a part of every batch; None for one process without a strategy.

    Attributes:
        requests: Requests on those days.
    """

    def __init__(
        self,
        model: tf.keras.Model,
        data: DataSet,
        *,
        config: TrainConfig,
        days: Sequence[str],
        cross: bool,
        group: Group | None = None,
    ) -> None:
        self.requests = data.requests("train", days=days, skip_corrupt=config.skip_corrupt)
        self._model, self._data, self._config, self._days, self._cross = model, data, config, days, cross
        self._group = group
        spec = batch_spec(data.empty_batch(cross=cross))
        loss = self._weighed_loss if group is None else lambda *parts: group.run(self._on_replica, parts)
        specs = [spec] * (1 if group is None else group.replicas)
        self._loss = tf.function(loss, input_signature=specs, autograph=False)

    def evaluate(self) -> tuple[float, dict[str, float]]:
        """The loss, a mean over requests and their candidates, and `{metric: value}` of the model's metrics.

        Raises:
            ConfigError: No pair has a label, and a weight where weights are used.
        """
        for metric in self._model.metrics:
            metric.reset_state()
        total, seen = 0.0, 0
        for parts in self._batches():
            with legacy.quick_graphs():
                loss, pairs = self._loss(*parts)
            total += float(loss) * int(pairs)
            seen += int(pairs)
        self._require_labels()
        return total / seen, {metric.name: float(metric.result()) for metric in self._model.metrics}

    def _weighed_loss(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        loss = self._model.compute_loss(weighed(batch, self._config))
        return loss, tf.cast(tf.size(batch.request), loss.dtype)  # strategies reduce no integers beside them

    def _on_replica(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        return replicas.summed(self._weighed_loss(batch))

    def _batches(self) -> Iterator[tuple[Batch, ...]]:
        config = self._config
        reads: dict[str, Any] = {
            "batch_requests": config.batch_requests,
            "days": self._days,
            "cross": self._cross,
            "shuffle_requests": 2 * config.eval_requests,  # so that the sample is of all those days
            "seed": config.seed,
            "take": -(-config.eval_requests // config.batch_requests),
            "skip_corrupt": config.skip_corrupt,
        }
        if self._group is None:
            return ((batch,) for batch in self._data.batches("train", **reads))
        return self._data.parted_batches("train", **reads, parts=self._group.shared_parts)

    def _require_labels(self) -> None:
        means = [metric for metric in self._model.metrics if isinstance(metric, tf.keras.metrics.Mean)]
        if any(float(tf.convert_to_tensor(mean.count)) for mean in means):
            return
        wanted = "both a label and, as --use_weights asks, a weight above 0" if self._config.use_weights else "a label"
        raise ConfigError(
            f"no pair of {self._data.folder} on the days held out, {self._days[0]} to {self._days[-1]}, has {wanted} "
            "to learn from."
        )
