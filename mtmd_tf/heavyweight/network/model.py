"""The heavyweight ranker: one joint model of query, item and cross features, MTMD's teacher (paper section 1)."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.config import HeavyweightConfig
from mtmd_tf.crossing import Crossing
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.heavyweight.network.cross_products import CrossProducts
from mtmd_tf.heavyweight.network.inputs import SideInput
from mtmd_tf.heavyweight.network.statistics import Statistics
from mtmd_tf.seeds import derive_seed
from mtmd_tf.tasks import LogProbability, MultiTask, constrain
from tfrecords_tools.schema import SIDES, Schema


class Calibration(NamedTuple):
    """`logit' = scale * logit + shift`, for each task, before the constraint, which therefore still holds.

    Attributes:
        scale: Scale of the logits, `[tasks]`.
        shift: Shift of the logits, `[slices, tasks]`.
    """

    scale: np.ndarray
    shift: np.ndarray


class HeavyweightRanker(tfrs.models.Model):
    """Sees everything about a pair at once, which two towers cannot, and learns from events.

        wide   = W [query; item; cross]                                 what each feature says on its own
        crossed = Crossing(... Crossing(U [query; item; cross] + slice))    what they say together
        logit  = wide + heads(FeedForward(crossed)) + bias[slice]  (+ CrossProducts(pair), where their penalty is set)

    Query features are encoded and multiplied once a request. `members` networks over shared inputs are trained side by
    side, each by a loss of its own, and their logits are averaged; a calibration may follow.

    Args:
        schema: Surfaces, products, tasks and features.
        config: Configuration of the architecture.
        seed: Every initial weight is derived from it and the weight's name.
    """

    learns_from = "event"  # the field of a batch

    def __init__(self, schema: Schema, *, config: HeavyweightConfig | None = None, seed: int = 0) -> None:
        super().__init__(name="heavyweight")
        self.schema = schema
        self.config = config or HeavyweightConfig()
        tasks = self.config.tasks(schema)
        self.parents = {task.name: task.parent for task in tasks}
        members = [f"member_{member}" for member in range(self.config.members)]
        width, *deep_units = self.config.units

        def named(name: str) -> dict:
            return {"name": name, "seed": derive_seed(seed, name)}

        self.sides = [side for side in SIDES if schema.features_of(side)]
        self.encoders = {
            side: SideInput(
                SideLayout(side, schema), dim=self.config.dim, bins=self.config.bins, **named(f"{side}_input")
            )
            for side in self.sides
        }
        self.projections = {side: Linear(members, units=width, **named(f"{side}_projection")) for side in self.sides}
        self.wide = {
            side: Linear(["wide"], units=len(tasks), scale=1e-4, **named(f"{side}_wide")) for side in self.sides
        }
        self.crossings = [
            Crossing(members, projection=self.config.cross_projection, **named(f"crossing_{place}"))
            for place in range(self.config.cross_layers)
        ]
        self.deep = FeedForward(members, units=deep_units, slope=self.config.leaky_slope, **named("deep"))
        self.heads = Linear(members, units=len(tasks), scale=0.1, **named("heads"))
        self.products: CrossProducts | None = None
        if self.config.cross_product_l1:
            self.products = CrossProducts(schema, units=len(tasks), name="cross_products")
        self.multi_task = MultiTask(tasks, name="multi_task")
        each_slice = [len(schema.slices), len(tasks)]
        self.slice = self.add_weight("slice", shape=[len(schema.slices), width], initializer="zeros")
        self.bias = self.add_weight("bias", shape=each_slice, initializer="zeros")
        self.scale = self.add_weight("scale", shape=[len(tasks)], initializer="ones", trainable=False)
        self.shift = self.add_weight("shift", shape=each_slice, initializer="zeros", trainable=False)
        self.steps_taken = self.add_weight(
            "steps_taken", shape=[], dtype=tf.int32, initializer="zeros", trainable=False
        )
        self._dropout_seed = derive_seed(seed, "dropout")

    def start_from(self, statistics: Statistics) -> None:
        """Sets what the data says before training: the bins of numbers, and how often events happen."""
        for side in self.sides:
            self.encoders[side].numbers.learn(statistics.numbers[side])
        self.bias.assign(statistics.prior)

    def set_calibration(self, calibration: Calibration) -> None:
        """Corrects every logit from now on; meant for a trained model."""
        self.scale.assign(calibration.scale)
        self.shift.assign(calibration.shift)

    def call(self, batch: Batch, training: bool = False) -> dict[str, LogProbability]:
        """`{task: LogProbability}` of the marginals, each `[pairs]`."""
        return self.probabilities(self.logits(batch, training=training))

    def logits(self, batch: Batch, training: bool = False) -> dict[str, tf.Tensor]:
        """`{task: [pairs]}`, the members' mean, calibrated; a child's is conditional on its parent."""
        mean = tf.reduce_mean(self.member_logits(batch, training=training), axis=0)
        return self._by_task(self.scale * mean + tf.gather(self.shift, self.slice_index(batch)))

    def probabilities(self, logits: Mapping[str, tf.Tensor]) -> dict[str, LogProbability]:
        """Conditional logits to marginals (section 2.3)."""
        return constrain(logits, parents=self.parents)

    def compute_loss(self, inputs: Batch, training: bool = False) -> tf.Tensor:
        """The weighted sum of the tasks' cross-entropies from the events, one number; pairs count by `weight`.

        In training, the penalty of the cross products is part of it.
        """
        if not training:
            return self.multi_task(inputs.event, self(inputs), inputs.weight)
        logits = self.member_logits(inputs, training=True)
        members, tasks = logits.shape[0], logits.shape[2]
        loss = self.multi_task(
            {task: tf.tile(event, [members]) for task, event in inputs.event.items()},
            self.probabilities(self._by_task(tf.reshape(logits, [-1, tasks]))),
            tf.tile(inputs.weight, [members]),
            compute_metrics=False,
        )
        return loss + self.config.cross_product_l1 * self.products.penalty() if self.products else loss

    def member_logits(self, batch: Batch, *, training: bool) -> tf.Tensor:
        """`[members, pairs, tasks]`, not calibrated."""
        if training:
            self.steps_taken.assign_add(1)
        slice_index = self.slice_index(batch)
        hidden = tf.gather(self.slice, slice_index)[None]  # [1, pairs, width], then [members, pairs, width]
        wide = tf.gather(self.bias, slice_index)[None]  # [1, pairs, tasks]
        for side in self.sides:
            fields = self.encoders[side](getattr(batch, side))  # [requests or pairs, width of the side]
            if training:
                fields = self._drop(fields, rate=self.config.input_dropout, name=side)
            of_hidden, of_wide = self.projections[side](fields), self.wide[side](fields)
            if side == "query":
                of_hidden, of_wide = (tf.gather(rows, batch.request, axis=1) for rows in (of_hidden, of_wide))
            hidden, wide = hidden + of_hidden, wide + of_wide
        if self.products:
            wide += self.products(batch)
        for crossing in self.crossings:
            hidden = crossing(hidden)  # [members, pairs, width]
        if training:
            hidden = self._drop(hidden, rate=self.config.dropout, name="crossed")
        hidden = self.deep(hidden)  # [members, pairs, units]
        if training:
            hidden = self._drop(hidden, rate=self.config.dropout, name="deep")
        return wide + self.heads(hidden)  # [members, pairs, tasks]

    def slice_index(self, batch: Batch) -> tf.Tensor:
        """`[pairs]` int32, index into the schema's slices."""
        return tf.gather(batch.surface, batch.request) * len(self.schema.products) + batch.product

    @property
    def embedding_variables(self) -> list[tf.Variable]:
        """The look-up tables, whose gradients are sparse."""
        return [encode.encoder.table for encode in self.encoders.values()]

    def _by_task(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(self.parents, tf.unstack(logits, axis=1), strict=True))

    def _drop(self, rows: tf.Tensor, *, rate: float, name: str) -> tf.Tensor:
        """Dropout that follows from the seed and the step alone: an interrupted training goes on as it would have."""
        seed = tf.stack([derive_seed(self._dropout_seed, name), self.steps_taken])
        return tf.nn.experimental.stateless_dropout(rows, rate, seed=seed)
