"""A query tower, an item tower, a dot product per task, the constraint and the losses (paper section 2)."""

from collections.abc import Mapping

import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.alignment import Lists, alignment_loss
from mtmd_tf.architectures import AnyTower, make_joint, make_tower
from mtmd_tf.checks import require_choice
from mtmd_tf.config import ModelConfig
from mtmd_tf.cross_term import CrossTerm
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.gradients import Gradient, constant, rows_at, summed, written_out
from mtmd_tf.score_features import ScoreFeature
from mtmd_tf.seeds import derive_seed
from mtmd_tf.tasks import LogProbability, MultiTask, constrain
from tfrecords_tools.schema import Schema


class TwoTowerModel(tfrs.models.Model):
    """MTMD, the paper's unified lightweight ranker, or another architecture with the same inputs and losses.

        logit[task]       = <query_tower(query)[task], item_tower(item)[task]> (+ CrossTerm(pair), with score features)
        probability[task] = sigmoid(logit[task]) * probability[parent of task]

    Args:
        schema: Surfaces, products, tasks and features.
        config: The architecture (`config.architecture`: mtmd by default) and its sizes.
        prior: `{product: {task: logit}}`, the start of each (conditional) logit, from the training labels' mean.
        seed: Seed of every initial weight, together with the weight's name.

    Input:        a `Batch`
    Output shape: `{task: LogProbability}`, each `[pairs]`

    Raises:
        ValueError: An unconstrained surface or a product or task of the prior that the schema lacks, or a domain
            without a feature or a task.
    """

    learns_from = "label"  # the field of a batch

    def __init__(
        self,
        schema: Schema,
        *,
        config: ModelConfig | None = None,
        prior: Mapping[str, Mapping[str, float]] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(name="mtmd")  # of every architecture: weights that were saved carry it
        self.schema = schema
        self.config = config or ModelConfig()
        tasks = self.config.task_configs(schema)
        _check_prior(prior or {}, schema)
        self.parents = {task.name: task.parent for task in tasks}

        def tower(side: str, **options) -> AnyTower:
            layout = SideLayout(side, schema)
            return make_tower(layout, tasks=tasks, config=self.config, seed=derive_seed(seed, side), **options)

        self.query_tower = tower("query")
        self.item_tower = tower("item", prior=prior)
        self.joint = make_joint(schema.products, tasks=tasks, config=self.config, prior=prior or {}, seed=seed)
        numbers = len(self.config.score_features)
        self.cross_term = CrossTerm(list(self.parents), features=numbers, name="cross_term") if numbers else None
        self.multi_task = MultiTask(tasks, log_weight=self.config.log_loss_weight, name="multi_task")
        tops = (1, 10, 100) if self.config.retrieval_weight else ()
        self.retrieval = tfrs.tasks.Retrieval(
            batch_metrics=[tf.keras.metrics.TopKCategoricalAccuracy(k, name=f"retrieval_top_{k}") for k in tops],
            remove_accidental_hits=True,  # the same item in another pair is no negative
            name="retrieval",
        )
        self._constrained_surface = [self.config.constrains(surface) for surface in schema.surfaces]

    def call(self, batch: Batch, training: bool = False) -> dict[str, LogProbability]:
        """`{task: LogProbability}` of the marginals, each `[pairs]`."""
        logits = self.logits(batch, training=training)  # {task: [pairs]}
        return self.probabilities(logits, surface=tf.gather(batch.surface, batch.request))

    def logits(self, batch: Batch, training: bool = False) -> dict[str, tf.Tensor]:
        """`{task: [pairs]}`; a child's is conditional on its parent where the constraint holds."""
        return self.score(batch, *self.embed(batch, training=training), training=training)

    def score(
        self, batch: Batch, query: Mapping[str, tf.Tensor], item: Mapping[str, tf.Tensor], training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Both sides' `{task: [pairs, embedding]}` to logits `{task: [pairs]}`: dot products and the linear term.

        Raises:
            ValueError: The batch was read without the cross features that the model has a term of.
        """
        logits = self.dot(query, item)
        if self.cross_term is None:
            return logits
        if not batch.cross:
            raise ValueError(f"The model scores {self.config.score_features}; read its batches with cross=True.")
        numbers = SideLayout("cross", self.schema).of_kind("continuous")
        places = [numbers.index(feature) for feature in self.config.score_columns(self.schema)]
        present = batch.cross.mask[:, -len(numbers) :]  # fields of numbers come last
        own = [tf.gather(columns, places, axis=1) for columns in (batch.cross.numbers, present)]
        term = tf.unstack(self.cross_term(*own, training=training), num=len(logits))  # [pairs] each
        return {task: logit + each for (task, logit), each in zip(logits.items(), term, strict=True)}

    @property
    def reads_cross(self) -> bool:
        """Whether its batches must have cross features."""
        return bool(self.config.score_features)

    def described_term(self) -> tuple[ScoreFeature, ...]:
        """What an export says of the score features; none where the model has none."""
        return () if self.cross_term is None else self.cross_term.described(self.config.score_columns(self.schema))

    def dot(self, query: Mapping[str, tf.Tensor], item: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Both sides' `{task: [pairs, embedding]}` to logits `{task: [pairs]}`; without towers, both sides' fields."""
        if self.joint:
            return dict(zip(self.parents, tf.unstack(self.joint(query["fields"], item["fields"])), strict=True))
        return {task: _dots(query[task], item[task]) for task in self.parents}

    def embed(self, batch: Batch, training: bool = False) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Both sides' `{task: [pairs, embedding]}`. The query tower runs once a request."""
        query = self.query_tower(batch.query, batch.surface, training=training)  # {task: [requests, embedding]}
        item = self.item_tower(batch.item, batch.product, training=training)  # {task: [pairs, embedding]}
        return {task: rows_at(rows, batch.request) for task, rows in query.items()}, item

    def probabilities(self, logits: Mapping[str, tf.Tensor], *, surface: tf.Tensor) -> dict[str, LogProbability]:
        """Logits and each pair's surface `[pairs]` to marginals (section 2.3)."""
        if not any(self._constrained_surface):
            return {task: LogProbability.of_logit(logit) for task, logit in logits.items()}
        constrained = None if all(self._constrained_surface) else tf.gather(self._constrained_surface, surface)
        return constrain(logits, parents=self.parents, constrained=constrained)

    def compute_loss(self, inputs: Batch, training: bool = False) -> tf.Tensor:
        """The weighted sum of the tasks' Bernoulli KL from the labels, a scalar; pairs count by `weight`, `[pairs]`."""
        query, item = self.embed(inputs, training=training)  # {task: [pairs, embedding]} each
        logits = self.score(inputs, query, item, training=training)  # {task: [pairs]}
        predictions = self.probabilities(logits, surface=tf.gather(inputs.surface, inputs.request))
        loss = self.multi_task(inputs.label, predictions, inputs.weight, compute_metrics=not training)
        if self.config.retrieval_weight:
            loss += self.config.retrieval_weight * self._retrieval_loss(
                inputs, query, item, compute_metrics=not training
            )
        if self.config.alignment != "none":
            loss += self.config.alignment_weight * self._alignment_loss(inputs, predictions)
        return loss

    def _alignment_loss(self, batch: Batch, predictions: Mapping[str, LogProbability]) -> tf.Tensor:
        """The tasks' alignment losses, weighed as their KL is; every request counts as much as another."""
        config, losses = self.config, []
        for task in self.multi_task.tasks:
            lists = Lists.of_pairs(
                label=batch.label[task.name],
                log_probability=predictions[task.name].yes,
                bid=batch.bid,
                request=batch.request,
                requests=tf.size(batch.surface),
            )
            if config.list_candidates:
                seed = tf.strings.to_hash_bucket_fast(tf.strings.reduce_join(batch.request_id), 2**31 - 1)
                lists = lists.sampled(
                    config.list_candidates, own_best=config.list_own_best, seed=tf.stack([tf.cast(seed, tf.int32), 0])
                )
            losses.append(task.loss_weight * alignment_loss(config.alignment, lists))
        return tf.add_n(losses)

    def _retrieval_loss(
        self, batch: Batch, query: Mapping[str, tf.Tensor], item: Mapping[str, tf.Tensor], *, compute_metrics: bool
    ) -> tf.Tensor:
        """In-batch softmax of the first root task: each pair's item against all others, weighed by the pair's label."""
        root = next(iter(self.parents))
        label = batch.label[root]
        # TFRS asks for len(tf.shape(x)), which only AutoGraph can trace.
        retrieval = self.retrieval if tf.executing_eagerly() else tf.function(self.retrieval)
        return retrieval(
            query[root],
            item[root],
            sample_weight=tf.where(tf.math.is_finite(label), label, 0.0),
            candidate_ids=batch.item_id,
            compute_metrics=compute_metrics,
            compute_batch_metrics=compute_metrics,
        ) / tf.cast(tf.maximum(tf.size(label), 1), tf.float32)

    def make_variables(self) -> None:
        """Makes every variable, as an eager call on an empty batch does."""
        self(RequestParser(self.schema, columns=(), cross=self.reads_cross)(tf.zeros([0], tf.string)))

    @property
    def embedding_variables(self) -> list[tf.Variable]:
        """The look-up tables, whose gradients are sparse."""
        return [self.query_tower.encoder.table, self.item_tower.encoder.table]


def _dots(query: tf.Tensor, item: tf.Tensor) -> tf.Tensor:
    """Dot products of rows `[pairs, embedding]`: `[pairs]`."""

    def run(query: tf.Tensor, item: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            wide = tf.expand_dims(upstream, constant(1))
            return [wide * item, wide * query]

        return summed(query * item, 1), gradient

    return written_out(run, query, item)


def _check_prior(prior: Mapping[str, Mapping[str, float]], schema: Schema) -> None:
    for product, logits in prior.items():
        require_choice(product, schema.products, what="product of the prior")
        for task in logits:
            require_choice(task, schema.task_names, what="task of the prior")
