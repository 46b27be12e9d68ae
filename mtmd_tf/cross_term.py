"""The linear term over numbers of a pair, as it is trained (InteractRank, arXiv 2504.06609; docs/adr/0040)."""

from collections.abc import Sequence

import tensorflow as tf

from mtmd_tf.checks import require_rank
from mtmd_tf.normalization import RunningNorm
from mtmd_tf.score_features import LIMIT, ScoreFeature, linear_term
from tfrecords_tools.schema import Feature


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class CrossTerm(tf.keras.layers.Layer):
    """Adds up what each number of a pair says for itself, for every task.

        term[task] = sum over numbers of weight[task] * deviation, or of missing[task] where the number is missing

    The formula is `score_features.linear_term`. Numbers go by the moments of all rows that training has seen, as those
    of the towers do. Weights start at 0, and move `pace` times as fast as the optimizer moves the variables: they are
    few, and a number that is one deviation large is to move a logit by about 1.

    Args:
        tasks: Names of the tasks.
        features: How many numbers a pair has.
        pace: How much a weight is of its variable.

    Input shape:  numbers `[pairs, features]`, counts as logarithms; present `[pairs, features]` 1 or 0
    Output shape: `[tasks, pairs]`
    """

    def __init__(self, tasks: Sequence[str], *, features: int, pace: float = 10.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self._tasks, self._features, self._pace = tuple(tasks), features, pace
        self._norm = RunningNorm(limit=LIMIT, name="norm")

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the variables, `[tasks, features]` each."""
        each = {"shape": [len(self._tasks), self._features], "initializer": "zeros"}
        self._weight = self.add_weight("weight", **each)
        self._missing = self.add_weight("missing", **each)
        self._norm.build(tf.TensorShape([None, self._features]))
        super().build(shape)

    def call(self, numbers: tf.Tensor, present: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Adds up; with `training`, moves the moments first."""
        require_rank(numbers, 2, name="numbers")
        numbers = tf.where(present > 0, numbers, 0.0)
        mean, scale = self._norm.mean_and_scale(numbers, present, training=training)
        return linear_term(
            tf.transpose(numbers),  # [features, pairs]
            tf.transpose(present),
            mean=mean[:, None],
            scale=scale[:, None],
            weight=self._pace * self._weight,
            missing=self._pace * self._missing,
            library=tf,
        )

    def described(self, features: Sequence[Feature]) -> tuple[ScoreFeature, ...]:
        """What an export says of the numbers, which come in the order of `features`."""
        mean, scale = self._norm.mean_and_scale(tf.zeros([0, self._features]), tf.zeros([0, self._features]))
        weight, missing = (self._pace * kept.read_value() for kept in (self._weight, self._missing))
        by_feature = zip(features, mean.numpy(), scale.numpy(), weight.numpy().T, missing.numpy().T, strict=True)
        return tuple(
            ScoreFeature(
                name=feature.name,
                log1p=feature.count_like,
                mean=float(own_mean),
                scale=float(own_scale),
                weight=dict(zip(self._tasks, own_weight.tolist(), strict=True)),
                missing=dict(zip(self._tasks, own_missing.tolist(), strict=True)),
            )
            for feature, own_mean, own_scale, own_weight, own_missing in by_feature
        )
