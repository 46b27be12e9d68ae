"""The heavyweight ranker: one joint model of query, item and cross features, the teacher of MTMD (paper section 1)."""

from collections.abc import Iterable

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.config import HeavyweightConfig
from mtmd_tf.crossing import Crossing
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.heavyweight.inputs import SideInput
from mtmd_tf.seeds import derive_seed
from mtmd_tf.tasks import LogProbability, MultiTask, constrain
from tfrecords_tools.schema import Schema

SIDES = ("query", "item", "cross")


class HeavyweightRanker(tfrs.models.Model):
    def __init__(self, schema: Schema, *, config: HeavyweightConfig | None = None, seed: int = 0) -> None:
        super().__init__(name="heavyweight")
        self.schema = schema
        self.config = config or HeavyweightConfig()
        tasks = self.config.tasks(schema)
        self.parents = {task.name: task.parent for task in tasks}
        members = [f"member_{i}" for i in range(self.config.members)]
        units = self.config.units

        def named(name: str) -> dict:
            return {"name": name, "seed": derive_seed(seed, name)}

        sides = [side for side in SIDES if schema.features_of(side)]
        self.inputs_of = {
            side: SideInput(SideLayout(side, schema), dim=self.config.dim, pieces=self.config.pieces, seed=seed) for side in sides
        }
        self._projections = {side: Linear(members, units=units[0], **named(f"project_{side}")) for side in sides}
        self._slice = self.add_weight("slice", shape=[len(schema.slices), units[0]], initializer="zeros")
        self._crossings = [Crossing(members, projection=self.config.cross_projection, **named(f"crossing_{i}")) for i in range(self.config.cross_layers)]
        self._deep = FeedForward(members, units=units[1:], slope=self.config.leaky_slope, **named("deep"))
        self._heads = Linear(members, units=len(tasks), scale=0.1, **named("heads"))
        self._bias = self.add_weight("bias", shape=[len(schema.slices), len(tasks)], initializer="zeros")
        self._updates = self.add_weight("updates", shape=[], dtype=tf.int32, initializer="zeros", trainable=False)
        self._seed = derive_seed(seed, "dropout")
        self.multi_task = MultiTask(tasks, name="multi_task")

    def _member_logits(self, batch, training):
        sides = {"query": batch.query, "item": batch.item, "cross": batch.cross}
        if training: self._updates.assign_add(1)
        cell = tf.gather(batch.surface, batch.request) * len(self.schema.products) + batch.product
        total = tf.gather(self._slice, cell)
        for side, encode in self.inputs_of.items():
            x = encode(sides[side])
            if side == "query":
                x = self._drop(x, self.config.input_dropout, side, training)
                p = self._projections[side](x)
                p = tf.gather(p, batch.request, axis=1)
            else:
                x = self._drop(x, self.config.input_dropout, side, training)
                p = self._projections[side](x)
            total += p
        x = total
        for i, crossing in enumerate(self._crossings):
            x = crossing(x)
        x = self._drop(x, self.config.dropout, "crossed", training)
        x = self._deep(x)
        x = self._drop(x, self.config.dropout, "deep", training)
        return self._heads(x) + tf.gather(self._bias, cell)

    def _drop(self, x, rate, name, training):
        if not training or not rate: return x
        seed = tf.stack([derive_seed(self._seed, name), self._updates])
        return tf.nn.experimental.stateless_dropout(x, rate, seed=seed)

    def call(self, batch, training=False):
        return self.probabilities(self.logits(batch, training=training))

    def logits(self, batch, training=False):
        logits = tf.reduce_mean(self._member_logits(batch, training), axis=0)
        return dict(zip(self.parents, tf.unstack(logits, axis=1)))

    def probabilities(self, logits):
        return constrain(logits, parents=self.parents)

    def compute_loss(self, inputs, training=False):
        if training:
            m = self._member_logits(inputs, True)
            flat = tf.reshape(m, [-1, m.shape[2]])
            logits = dict(zip(self.parents, tf.unstack(flat, axis=1)))
            k = self.config.members
            ev = {t: tf.tile(e, [k]) for t, e in inputs.event.items()}
            return self.multi_task(ev, self.probabilities(logits), tf.tile(inputs.weight, [k]), compute_metrics=False)
        return self.multi_task(inputs.event, self(inputs), inputs.weight, compute_metrics=True)

    def learn_statistics(self, batches):
        values = {s: [[] for _ in i.layout.of_kind("continuous")] for s, i in self.inputs_of.items()}
        for batch in batches:
            for side, columns in values.items():
                rows = getattr(batch, side); n = rows.numbers.numpy(); pres = rows.mask.numpy()[:, -n.shape[1]:] > 0 if n.shape[1] else None
                for p, c in enumerate(columns): c.append(n[pres[:, p], p])
        for side, columns in values.items():
            self.inputs_of[side].numbers.learn([np.concatenate(c) for c in columns])

    @property
    def embedding_variables(self):
        return [i.encoder.table for i in self.inputs_of.values()]

    @property
    def dense_variables(self):
        tables = {v.ref() for v in self.embedding_variables}
        return [v for v in self.trainable_variables if v.ref() not in tables]
