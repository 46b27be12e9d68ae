"""The two-tower model of the TensorFlow Recommenders tutorials (basic and deep retrieval), on the same features."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.features.batch import Batch, Side, batch_spec
from mtmd_tf.model import TwoTowerModel

_RATE = 0.1  # of Adagrad, the tutorials'


class FeatureModel(tf.keras.Model):
    """One side: embeddings and normalized numbers side by side, then Dense layers, the last without activation."""

    def __init__(self, *, rows: int, dim: int, units: Sequence[int]) -> None:
        super().__init__()
        self.embedding, self.normalize = tf.keras.layers.Embedding(rows, dim), tf.keras.layers.BatchNormalization()
        activations = ["relu"] * (len(units) - 1) + [None]
        self.dense = tf.keras.Sequential(
            [tf.keras.layers.Dense(width, activation=a) for width, a in zip(units, activations, strict=True)]
        )

    def call(self, side: Side, training: bool = False) -> tf.Tensor:
        """`[rows, units[-1]]` of `rows` rows."""
        tokens = self.embedding(side.tokens)  # [rows, features, dim]
        parts = [tf.reshape(tokens, [-1, tokens.shape[1] * tokens.shape[2]])]
        for bag in side.bags:
            count = tf.cast(tf.maximum(bag.row_lengths(), 1), tf.float32)[:, None]
            parts.append(tf.reduce_sum(self.embedding(bag), axis=1) / count)
        parts += [*side.vectors, self.normalize(side.numbers, training=training)]
        return self.dense(tf.concat(parts, axis=1))


class TutorialModel(tfrs.Model):
    """Both sides and the retrieval task: every other item of the batch is a negative.

    Args:
        model: Model whose tables, widths and layers it has.
    """

    def __init__(self, model: TwoTowerModel) -> None:
        super().__init__()
        config = model.config
        self.query, self.item = (
            FeatureModel(rows=tower.layout.table_rows, dim=config.dim, units=config.deep_units)
            for tower in (model.query_tower, model.item_tower)
        )
        self.task = tfrs.tasks.Retrieval()

    def compute_loss(self, inputs: Batch, training: bool = False) -> tf.Tensor:
        """The in-batch softmax, `[]`, of requests that have one candidate each."""
        query, item = self.query(inputs.query, training=training), self.item(inputs.item, training=training)
        return self.task(query, item, compute_metrics=False)


def training_step(model: TwoTowerModel, batches: Sequence[Batch]) -> Callable[[int], Any]:
    """Takes a step on the batch of a number, in turn, as `fit` does, and gives the loss before it.

    Args:
        model: Model whose tables, widths and layers the peer has.
        batches: Batches whose requests have one candidate each.
    """
    peer, optimizer = TutorialModel(model), tf.keras.optimizers.Adagrad(_RATE)

    @tf.function(input_signature=[batch_spec(batches[0])])  # with autograph, which the task needs
    def step(batch: Batch) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = peer.compute_loss(batch, training=True)
        variables = peer.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return lambda number: step(batches[number % len(batches)]).numpy()
