"""The evaluation on the held-out days, by which a training stops early and keeps its best weights."""

from collections.abc import Sequence

import tensorflow as tf

from mtmd_tf.config import ConfigError, TrainConfig
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

    Attributes:
        requests: Requests on those days.
    """

    def __init__(
        self, model: tf.keras.Model, data: DataSet, *, config: TrainConfig, days: Sequence[str], cross: bool
    ) -> None:
        self.requests = data.requests("train", days=days, skip_corrupt=config.skip_corrupt)
        self._model, self._data, self._config, self._days, self._cross = model, data, config, days, cross
        spec = batch_spec(data.empty_batch(cross=cross))
        self._loss = tf.function(self._weighed_loss, input_signature=[spec], autograph=False)

    def evaluate(self) -> tuple[float, dict[str, float]]:
        """The loss, a mean over requests and their candidates, and `{metric: value}` of the model's metrics.

        Raises:
            ConfigError: No pair has a label, and a weight where weights are used.
        """
        for metric in self._model.metrics:
            metric.reset_state()
        total, seen = 0.0, 0
        for batch in self._batches():
            pairs = int(batch.request.shape[0])
            total += float(self._loss(batch)) * pairs
            seen += pairs
        self._require_labels()
        return total / seen, {metric.name: float(metric.result()) for metric in self._model.metrics}

    def _weighed_loss(self, batch: Batch) -> tf.Tensor:
        return self._model.compute_loss(weighed(batch, self._config))

    def _batches(self):
        config = self._config
        return self._data.batches(
            "train",
            batch_requests=config.batch_requests,
            days=self._days,
            cross=self._cross,
            shuffle_requests=2 * config.eval_requests,  # so that the sample is of all those days
            seed=config.seed,
            take=-(-config.eval_requests // config.batch_requests),
            skip_corrupt=config.skip_corrupt,
        )

    def _require_labels(self) -> None:
        means = [metric for metric in self._model.metrics if isinstance(metric, tf.keras.metrics.Mean)]
        if any(float(mean.count) for mean in means):
            return
        wanted = "both a label and, as --use_weights asks, a weight above 0" if self._config.use_weights else "a label"
        raise ConfigError(
            f"no pair of {self._data.folder} on the days held out, {self._days[0]} to {self._days[-1]}, has {wanted} "
            "to learn from."
        )
