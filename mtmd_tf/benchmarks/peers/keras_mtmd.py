"""The model as a plain Keras user writes it: a layer for every expert, every expert on every row, then a selection."""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf import legacy
from mtmd_tf.benchmarks.peers.plain import Map, Norm, PlainExpert, PlainTower
from mtmd_tf.benchmarks.peers.plain_weights import plain_model
from mtmd_tf.features.batch import Batch, Side
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.normalization import MaskedBatchNorm
from mtmd_tf.tasks import constrain

_EPSILON = 1e-5  # of a LayerNorm


class KerasExpert(tf.keras.layers.Layer):
    """All that belongs to one domain, from Keras's own layers."""

    def __init__(self, made: PlainExpert, *, side: str, slope: float) -> None:
        super().__init__()
        self.made, self.side = made, side
        self.norm = MaskedBatchNorm()
        self.direction, self.offset, self.defaults = (
            tf.Variable(value) for value in (made.direction, made.offset, made.defaults)
        )
        self.squeeze, self.excite = _dense(made.squeeze, 0), _dense(made.excite, 0)
        self.deep = [_network(made.deep, copy, slope) for copy in range(len(made.tasks) + 1)]
        tasks = range(len(made.tasks))
        self.shallow = [_network(made.shallow, copy, slope) for copy in tasks]
        self.hidden = [_network(made.hidden, copy, slope) for copy in tasks]
        self.route = [_dense(made.route, copy) for copy in tasks]
        self.cross_norm = [_norm(made.cross_norm, copy) for copy in tasks]
        self.cross = [_cross(made, copy) for copy in tasks]
        self.project = [_dense(made.project[task], 0) for task in made.tasks]
        self.bias = [tf.Variable(made.bias[task]) for task in made.tasks]

    def adapt(self, embedded: tf.Tensor, side: Side, training: bool) -> tf.Tensor:
        """`[rows, its fields, dim]` of rows that have all fields of the side."""
        made = self.made
        count = len(made.fields) - len(made.numbers)  # of fields that are embedded
        mask = tf.gather(side.mask, made.fields, axis=1)
        numbers = self.norm(
            tf.gather(side.numbers, tf.constant(made.numbers, tf.int32), axis=1), mask[:, count:], training=training
        )
        directed = numbers[:, :, None] * self.direction + self.offset
        fields = tf.concat([tf.gather(embedded, tf.constant(made.fields[:count], tf.int32), axis=1), directed], axis=1)
        fields = tf.where(mask[:, :, None] > 0, fields, self.defaults)
        squeezed = tf.concat([tf.reduce_mean(fields, axis=2), mask], axis=1)
        return 2.0 * tf.sigmoid(self.excite(tf.nn.relu(self.squeeze(squeezed))))[:, :, None] * fields

    def call(self, adapted: tf.Tensor, shared: tf.Tensor) -> dict[str, tf.Tensor]:
        """`{task: [rows, embedding]}`."""
        rows, found = _flatten(adapted), {}
        described = tf.ones([tf.shape(rows)[0], 1])
        if self.made.descriptors:
            described = _flatten(tf.gather(adapted, self.made.descriptors, axis=1))
        task_shared = self.deep[-1](rows)
        for copy, task in enumerate(self.made.tasks):
            weights = tf.nn.softmax(self.route[copy](self.hidden[copy](rows)))
            experts = (self.deep[copy](rows), task_shared, shared)
            composed = tf.add_n([weights[:, e : e + 1] * expert for e, expert in enumerate(experts)])
            crossed = self.cross[copy](self.cross_norm[copy](composed))
            pair = [self.bias[copy], 1.0] if self.side == "query" else [1.0, self.bias[copy]]
            parts = [self.project[copy](crossed), self.shallow[copy](described)]
            found[task] = tf.concat([*parts, tf.broadcast_to(tf.stack(pair), [tf.shape(rows)[0], 2])], axis=1)
        return found


class KerasTower(tf.keras.layers.Layer):
    """One side: every domain's expert, and the shared one on each domain's fields, on all rows."""

    def __init__(self, made: PlainTower, *, slope: float) -> None:
        super().__init__()
        self.made = made
        self.table = tf.Variable(made.table)
        self.vectors = [_dense(own, 0) for own in made.vectors]
        self.absent, self.shared = tf.Variable(made.absent), _network(made.shared, 0, slope)
        self.experts = [KerasExpert(own, side=made.side, slope=slope) for own in made.experts.values()]

    def call(self, side: Side, domain: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """`{task: [rows, embedding]}` of `rows` rows and their domains `[rows]`."""
        parts = [tf.gather(self.table, side.tokens)]
        for bag, mean in zip(side.bags, self.made.means, strict=True):
            total = tf.reduce_sum(tf.gather(self.table, bag), axis=1)  # [rows, dim]
            count = tf.cast(tf.maximum(bag.row_lengths(), 1), tf.float32)[:, None]
            parts.append((total / count if mean else total)[:, None])
        parts += [project(vector)[:, None] for project, vector in zip(self.vectors, side.vectors, strict=True)]
        embedded = tf.concat(parts, axis=1)  # [rows, embedded fields, dim]
        every = []
        for expert in self.experts:
            adapted = expert.adapt(embedded, side, training)
            found = expert(adapted, self.shared(self._union(expert.made, adapted, side.mask)))
            rows = tf.shape(domain)[0]
            every.append(tf.concat([found.get(t, tf.zeros([rows, w])) for t, w in self.made.widths.items()], axis=1))
        selected = tf.gather(tf.stack(every, axis=1), domain, axis=1, batch_dims=1)
        return dict(zip(self.made.widths, tf.split(selected, list(self.made.widths.values()), axis=1), strict=True))

    def _union(self, made: PlainExpert, adapted: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        every = len(self.made.absent)
        both = tf.concat([adapted, tf.broadcast_to(self.absent, [tf.shape(mask)[0], *self.absent.shape])], axis=1)
        source = [made.fields.index(p) if p in made.fields else len(made.fields) + p for p in range(every)]
        return tf.concat([_flatten(tf.gather(both, source, axis=1)), mask], axis=1)


class KerasMtmd(tf.keras.Model):
    """Both towers and our losses, from our weights.

    Args:
        model: Model of the paper's text, with its variables made.

    Raises:
        ConfigError: A setting that the twins lack.
    """

    def __init__(self, model: TwoTowerModel) -> None:
        super().__init__()
        made = plain_model(model)
        self.query, self.item = (KerasTower(side, slope=made.slope) for side in (made.query, made.item))
        self.parents: Mapping[str, str | None] = model.parents
        self.multi_task = model.multi_task

    def logits(self, batch: Batch, training: bool = False) -> dict[str, tf.Tensor]:
        """`{task: [pairs]}` of a batch whose requests have one candidate each."""
        query = self.query(batch.query, batch.surface, training=training)
        item = self.item(batch.item, batch.product, training=training)
        return {task: tf.reduce_sum(query[task] * item[task], axis=1) for task in self.parents}

    def compute_loss(self, batch: Batch, training: bool = False) -> tf.Tensor:
        """The weighted sum of the tasks' losses, `[]`."""
        predictions = constrain(self.logits(batch, training=training), parents=self.parents)
        return self.multi_task(batch.label, predictions, batch.weight, compute_metrics=False)

    @property
    def embedding_variables(self) -> list[tf.Variable]:
        """The look-up tables, `[rows, dim]`, whose gradients are sparse."""
        return [self.query.table, self.item.table]


def _network(layers: Sequence[tuple[Map, Norm]], copy: int, slope: float) -> tf.keras.Sequential:
    made = [(_dense(own, copy), _norm(norm, copy), tf.keras.layers.LeakyReLU(slope)) for own, norm in layers]
    return tf.keras.Sequential([layer for each in made for layer in each])


def _dense(made: Map, copy: int) -> tf.keras.layers.Dense:
    kernel, bias = made[0][copy], made[1][copy, 0]
    return tf.keras.layers.Dense(kernel.shape[1], kernel_initializer=_at(kernel), bias_initializer=_at(bias))


def _norm(made: Norm, copy: int) -> tf.keras.layers.LayerNormalization:
    gain, shift = (_at(part[copy, 0]) for part in made)
    return tf.keras.layers.LayerNormalization(epsilon=_EPSILON, gamma_initializer=gain, beta_initializer=shift)


def _cross(made: PlainExpert, copy: int) -> tfrs.layers.dcn.Cross:
    down, up, bias = made.down[copy], made.up[0][copy], made.up[1][copy, 0]
    layer = tfrs.layers.dcn.Cross(projection_dim=down.shape[1])
    layer.build(tf.TensorShape([None, len(down)]))
    for dense, values in zip(legacy.low_rank_parts(layer), ([down], [up, bias]), strict=True):
        dense.build([None, len(values[0])])
        dense.set_weights(values)
    return layer


def _at(value: np.ndarray) -> tf.keras.initializers.Initializer:
    return tf.keras.initializers.Constant(value)


def _flatten(fields: tf.Tensor) -> tf.Tensor:
    return tf.reshape(fields, [-1, fields.shape[1] * fields.shape[2]])
