"""A model that is traced in a fraction of a second and has one of each thing that replicas must agree on."""

import json
import os
import pathlib

import tensorflow as tf

from mtmd_tf.config import AVERAGED, TaskConfig, TrainConfig
from mtmd_tf.distribution.group import Group
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.normalization import MaskedBatchNorm, RunningNorm
from mtmd_tf.sharing import Origin, Sharing, Weight
from mtmd_tf.tasks import LogProbability, MultiTask
from mtmd_tf.training import FitResult, averages, fit
from tests.mtmd_tf.killed import KilledInThe

averages.EVERY = 1  # so that four steps have an average that is none of them

TASKS = (TaskConfig(name="ctr", embedding_dim=1), TaskConfig(name="gctr", embedding_dim=1, parent="ctr"))
CONFIG = TrainConfig(  # every step is an epoch, whose one batch holds all requests, however shards are divided
    epochs=4,
    max_steps=4,
    schedule=AVERAGED,
    batch_requests=160,
    warmup_steps=2,
    learning_rate=0.05,
    clip_norm=0.01,
    deviation_decay=0.5,
    shuffle_requests=100,
    checkpoint_every=1,
    eval_every=2,
    patience=0,
    seed=7,
)


class Mortal(KilledInThe):
    """Killed when the third epoch begins: the checkpoint is of step 2."""

    epoch = 2


class WorkerDies(Mortal):
    """The same, but worker 1 alone is killed."""

    victim = 1

    def dies(self):
        return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == self.victim


class ChiefDies(WorkerDies):
    """The chief alone."""

    victim = 0


class TinyModel(tf.keras.Model):
    """A row of a table for each item, both kinds of normalization, and a kernel that deviates from a base."""

    def __init__(self) -> None:
        super().__init__()
        zeros = tf.keras.initializers.RandomNormal(seed=1)
        self.batch_norm, self.running = MaskedBatchNorm(name="batch"), RunningNorm(name="running")
        self.multi_task = MultiTask(TASKS, name="multi_task")
        self.table = self.add_weight("table", shape=[64, 2], initializer=zeros)
        self.base = Weight(self, "kernel", shape=[4, 2], initializer=zeros, origin=None)
        alike = Origin(self.base, indices=(None, None), sharing=Sharing())
        self.deviating = Weight(self, "deviation", shape=[4, 2], initializer=zeros, origin=alike)
        self.bias = self.add_weight("bias", shape=[2], initializer="zeros")

    def make_variables(self) -> None:
        self.batch_norm(tf.zeros([0, 2]), tf.zeros([0, 2]))
        self.running(tf.zeros([0, 2]), tf.zeros([0, 2]))

    def compute_loss(self, batch: Batch, training: bool = False) -> tf.Tensor:
        numbers = batch.query.numbers
        present = tf.ones_like(numbers)
        by_batch = self.batch_norm(numbers, present, training=training)
        normal = tf.concat([by_batch, self.running(numbers, present, training=training)], axis=1)  # [requests, 4]
        logits = tf.gather(tf.matmul(normal, self.deviating.value()), batch.request) + self.bias
        logits += tf.reduce_sum(tf.gather(self.table, batch.item.tokens % 64), axis=1)  # [pairs, 2]
        predictions = [LogProbability.of_logit(logits[:, task]) for task in range(len(TASKS))]
        named = dict(zip((task.name for task in TASKS), predictions, strict=True))
        return self.multi_task(batch.label, named, batch.weight, compute_metrics=not training)

    @property
    def embedding_variables(self) -> list[tf.Variable]:
        return [self.table]


def train(
    folder: pathlib.Path,
    run: pathlib.Path,
    *,
    group: Group | None = None,
    kind: type[DataSet] = DataSet,
    config: TrainConfig = CONFIG,
) -> tuple[TinyModel, FitResult]:
    data = kind.open(folder)
    days = data.manifest.days("train")
    if group is None:
        model = TinyModel()
        model.make_variables()
    else:
        with group.strategy.scope():
            model = TinyModel()
            model.make_variables()
    return model, fit(model, data, config=config, run=run, days=days[:-1], held_out_days=days[-1:], group=group)
