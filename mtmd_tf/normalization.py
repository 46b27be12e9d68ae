"""Normalization of continuous features by the moments of a batch, or of all rows so far (paper section 2.1.2)."""

from typing import NamedTuple

import tensorflow as tf

from mtmd_tf import replicas
from mtmd_tf.checks import require_rank
from mtmd_tf.gradients import picked

_LEAST_VARIANCE = 1e-10  # of the squared mean, below which float32 cannot tell a feature from a constant
LARGEST = 1e19  # a number counts as no larger in moments: float32 holds its square


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class MaskedBatchNorm(tf.keras.layers.Layer):
    """Batch normalization of continuous features over the rows where each is present.

        y = (x - mean) / sqrt(variance + epsilon)

    In training, mean and variance are the batch's, per feature over its present rows. A feature with fewer than two
    present rows uses the moving statistics and leaves them alone, so an empty or one-row partition does no harm. The
    moving statistics are a plain average of the first batches and an exponential one from then on. There is no gain and
    shift: the direction that follows (`ContinuousFields`) has both.

    Args:
        momentum: Share of the old moving statistics that a batch leaves, once enough were seen.
        epsilon: Added to the variance.

    Input shape:  numbers `[rows, features]`, present `[rows, features]` 1 or 0
    Output shape: `[rows, features]`, 0 where absent
    """

    def __init__(self, *, momentum: float = 0.99, epsilon: float = 1e-3, **kwargs) -> None:
        super().__init__(**kwargs)
        self._momentum = momentum
        self._epsilon = epsilon

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the moving statistics, `[features]`."""
        features = [shape[-1]]
        kept = {"shape": features, "trainable": False, **replicas.SAME_ON_ALL}
        self.moving_mean = self.add_weight("moving_mean", initializer="zeros", **kept)
        self.moving_variance = self.add_weight("moving_variance", initializer="ones", **kept)
        self.updates_seen = self.add_weight("updates_seen", initializer="zeros", **kept)
        super().build(shape)

    def call(self, numbers: tf.Tensor, present: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Normalizes; with `training`, moves the statistics."""
        require_rank(numbers, 2, name="numbers")
        numbers = tf.where(present > 0, numbers, 0.0)
        mean, variance = self.moving_mean.read_value(), self.moving_variance.read_value()
        if training:
            mean, variance = self._batch_moments(numbers, present, mean, variance)
        return (numbers - mean) * tf.math.rsqrt(variance + self._epsilon) * present

    def _batch_moments(
        self, numbers: tf.Tensor, present: tf.Tensor, moving_mean: tf.Tensor, moving_variance: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        rows, mean, variance = Moments.of(numbers, present).over_replicas()
        enough = rows >= 2.0
        mean = tf.where(enough, mean, moving_mean)
        variance = tf.where(enough, variance, moving_variance)
        seen = self.updates_seen.read_value()
        keep = tf.where(enough, tf.minimum(self._momentum, seen / (seen + 1.0)), 1.0)
        self.moving_mean.assign(keep * moving_mean + (1.0 - keep) * tf.stop_gradient(mean))
        self.moving_variance.assign(keep * moving_variance + (1.0 - keep) * tf.stop_gradient(variance))
        self.updates_seen.assign_add(tf.cast(enough, tf.float32))
        return mean, variance


class Moments(NamedTuple):
    """Of the rows where each feature is present.

    Attributes:
        rows: `[features]`, how many.
        mean: Means, `[features]`.
        variance: Variances, `[features]`.
    """

    rows: tf.Tensor
    mean: tf.Tensor
    variance: tf.Tensor

    @classmethod
    def of(cls, numbers: tf.Tensor, present: tf.Tensor) -> "Moments":
        """Of `[rows, features]` numbers, 0 where they are absent; one beyond 1e19 counts as 1e19."""
        numbers = tf.clip_by_value(numbers, -LARGEST, LARGEST)
        rows = tf.reduce_sum(present, axis=0)
        divisor = tf.maximum(rows, 1.0)
        mean = tf.reduce_sum(numbers, axis=0) / divisor
        return cls(rows, mean, _held(tf.reduce_sum(tf.square((numbers - mean) * present), axis=0) / divisor))

    def merged(self, other: "Moments") -> "Moments":
        """Of both sets of rows together (Chan et al. 1979); features without a row stay as they are."""
        rows = self.rows + other.rows
        share = tf.math.divide_no_nan(other.rows, rows)
        apart = other.mean - self.mean
        variance = (1.0 - share) * self.variance + share * other.variance + share * (1.0 - share) * tf.square(apart)
        return Moments(rows, self.mean + share * apart, _held(variance))

    def over_replicas(self) -> "Moments":
        """Of the rows of all replicas of a training step, exactly: within replicas, and between their means."""
        if not replicas.several():
            return self
        rows, mean, variance = tf.unstack(replicas.gathered(tf.stack(self)), num=3, axis=1)  # [replicas, features]
        total = tf.reduce_sum(rows, axis=0)
        share = tf.math.divide_no_nan(rows, total)
        center = tf.reduce_sum(share * mean, axis=0)
        return Moments(total, center, _held(tf.reduce_sum(share * (variance + tf.square(mean - center)), axis=0)))

    def at_most(self, rows: float) -> "Moments":
        """The same, as if seen on no more rows than that."""
        return self._replace(rows=tf.minimum(self.rows, rows))

    def of_features(self, indices: tuple[int, ...]) -> "Moments":
        """Of some of the features."""
        return Moments(*(picked(part, indices, axis=0) for part in self))


def _held(variance: tf.Tensor) -> tf.Tensor:
    """The variance, or what float32 holds of one that overflowed: dividing by an infinite one would leave only 0."""
    return tf.minimum(variance, LARGEST**2)


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class RunningNorm(tf.keras.layers.Layer):
    """Normalizes by the moments of all rows seen in training so far: any batch can bear it, of one row too.

        y = clip((x - mean) / deviation, -limit, limit)

    Training adds a batch's rows before it normalizes them, so the first batch has moments to go by; once many rows were
    seen, a row's output no longer depends on the others of its batch, and training and serving are one function. A
    feature that has never varied, or of which there was no row, is 0: nothing is known of what another value would
    mean. A value far out counts as `limit` deviations. There is no gain and shift: the direction that follows
    (`ContinuousFields`) has both.

    Args:
        most_rows: The moments weigh as if seen on no more rows than that, so that they follow what drifts.
        prior_rows: How many rows the pooled moments count as, beside the rows of a domain.
        limit: Largest absolute value, in standard deviations.

    Input shape:  numbers `[rows, features]`, present `[rows, features]` 1 or 0
    Output shape: `[rows, features]`, 0 where absent
    """

    def __init__(self, *, most_rows: float = 2.0**20, prior_rows: float = 100.0, limit: float = 10.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._most_rows, self._prior_rows, self._limit = most_rows, prior_rows, limit

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the moments, `[features]`; before the first row, mean 0 and variance 0."""
        features = [shape[-1]]
        kept = {"shape": features, "trainable": False, "initializer": "zeros", **replicas.SAME_ON_ALL}
        self._rows = self.add_weight("moving_rows", **kept)
        self._mean = self.add_weight("moving_mean", **kept)
        self._variance = self.add_weight("moving_variance", **kept)
        super().build(shape)

    @property
    def moments(self) -> Moments:
        """Of all rows so far."""
        return Moments(self._rows.read_value(), self._mean.read_value(), self._variance.read_value())

    def call(
        self, numbers: tf.Tensor, present: tf.Tensor, pooled: Moments | None = None, training: bool = False
    ) -> tf.Tensor:
        """Normalizes; with `training`, adds the rows to the moments first.

        Args:
            numbers: Numbers; the value of an absent one does not matter.
            present: 1 or 0.
            pooled: Moments of the tower's rows of all domains, for domains of few rows.
            training: Whether the rows count.
        """
        require_rank(numbers, 2, name="numbers")
        numbers = tf.where(present > 0, numbers, 0.0)
        mean, scale = self.mean_and_scale(numbers, present, pooled, training=training)
        limit = self._limit
        return tf.clip_by_value((numbers - mean) * scale, -limit, limit) * present

    def mean_and_scale(
        self, numbers: tf.Tensor, present: tf.Tensor, pooled: Moments | None = None, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """What numbers are centered and multiplied by, `[features]` each; arguments as of `call`, 0 where absent."""
        mean, variance = self._settled(numbers, present, pooled, training=training)
        varies = variance > _LEAST_VARIANCE * tf.square(mean)
        return mean, tf.where(varies, tf.math.rsqrt(tf.where(varies, variance, 1.0)), 0.0)

    def _settled(
        self, numbers: tf.Tensor, present: tf.Tensor, pooled: Moments | None, *, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and variance to go by."""
        if pooled is None and not training:  # a server has no use for the number of rows
            return self._mean.read_value(), self._variance.read_value()
        moments = self._updated(numbers, present) if training else self.moments
        if pooled is not None:
            moments = moments.merged(pooled.at_most(self._prior_rows))
        return moments.mean, moments.variance

    def _updated(self, numbers: tf.Tensor, present: tf.Tensor) -> Moments:
        moments = self.moments.merged(Moments.of(numbers, present).over_replicas()).at_most(self._most_rows)
        self._rows.assign(moments.rows)
        self._mean.assign(moments.mean)
        self._variance.assign(moments.variance)
        return moments


def make_norm(moments: str, *, name: str) -> MaskedBatchNorm | RunningNorm:
    """The layer that the setting `moments` names: `batch` (the paper's text) or `running`."""
    return MaskedBatchNorm(name=name) if moments == "batch" else RunningNorm(name=name)
