"""Towers: the one place where domains meet (paper section 2.2, Figure 5)."""

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf import execution
from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_choice
from mtmd_tf.config import BIAS_UNITS, ModelConfig, TaskConfig
from mtmd_tf.domain_expert import DomainExpert, Embeddings, flatten
from mtmd_tf.domains import partition
from mtmd_tf.embedding import by_task, side_by_side
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoded, Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.gradients import joined, picked, repeated, rows_of, squeezed
from mtmd_tf.normalization import RunningNorm, make_norm
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Sharing
from mtmd_tf.tower_arguments import made_arguments, plain_arguments


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class Tower(tf.keras.layers.Layer):
    """One side of the model (Figure 5): an encoder, one domain expert per domain, and the expert that they share.

    Each row goes through its own domain's expert only; the domain-shared expert runs once over all rows, on the union
    of all fields.

    Args:
        layout: The side's fields.
        tasks: Configurations of all tasks.
        config: Configuration of the architecture.
        prior: `{domain: {task: logit}}`, where each logit starts; the item side's job.
        seed: Seed of the initial weights, together with their names.
    """

    def __init__(
        self,
        layout: SideLayout,
        *,
        tasks: Sequence[TaskConfig],
        config: ModelConfig,
        prior: Mapping[str, Mapping[str, float]] | None = None,
        seed: int = 0,
        **kwargs,
    ) -> None:
        kwargs.setdefault("name", f"{layout.side}_tower")
        super().__init__(**kwargs)
        self.layout, self._tasks, self._config, self._seed = layout, tuple(tasks), config, seed
        self._prior = types.MappingProxyType(dict(prior or {}))  # a plain dict would be part of a checkpoint
        self.domains = layout.schema.domains_of(layout.side)
        self.widths = {task.name: task.embedding_dim + config.shallow_width + BIAS_UNITS for task in tasks}
        self.deep_widths = {task.name: task.embedding_dim for task in tasks}
        self.encoder = Encoder(
            layout,
            dim=config.dim,
            admission=config.min_count > 0,
            most_rows=config.max_table_rows,
            seed=derive_seed(seed, "encoder"),
            name="encoder",
        )
        self.experts = {
            domain: DomainExpert(
                domain,
                layout=layout,
                tasks=[task for task in tasks if task.name in layout.tasks_of(domain)],
                config=config,
                prior=self._prior.get(domain, {}),
                seed=derive_seed(seed, domain),
            )
            for domain in self.domains
        }
        self.domain_shared = FeedForward(
            ["domain_shared"],
            units=config.deep_units,
            slope=config.leaky_slope,
            normalization=config.normalization,
            seed=seed,
            name="domain_shared",
        )
        self.base = self._share(tasks, config, seed=derive_seed(seed, "base"))
        self.normalize = None if config.domain_adaptation else make_norm(config.moments, name="normalize")
        pooled = config.domain_adaptation and config.moments == "running" and len(self.domains) > 1
        self.pooled = RunningNorm(name="pooled") if pooled else None
        self.absent = self.add_weight(
            f"{layout.side}_absent", shape=[len(layout.features), config.dim], initializer="zeros"
        )

    def _share(self, tasks: Sequence[TaskConfig], config: ModelConfig, *, seed: int) -> DomainExpert | None:
        """The base, made, from which all domains deviate; None where they share none."""
        if config.domain_sharing == "none" or len(self.domains) == 1:
            return None
        base = DomainExpert(None, layout=self.layout, tasks=tasks, config=config, prior={}, seed=seed)
        base.make_base()
        sharing = Sharing(form=config.domain_sharing, rank=config.deviation_rank, scale=config.deviation_scale)
        for expert in self.experts.values():
            expert.deviate(base, sharing=sharing)
        return base

    def call(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> Embeddings:
        """Embeds rows of all domains.

        Args:
            side: `rows` indexed rows.
            domain: `[rows]` int32, index into the domains.
            training: Whether normalization uses and moves the batch's statistics.

        Returns:
            `{task: [rows, embedding]}`, in the rows' order; zeros where a task does not exist in a row's domain.
        """
        encoded = self.encode(side, training=training)  # [rows, fields, dim], numbers and mask
        in_blocks = execution.in_blocks() and self.layout.side == "item"  # queries are too few to be worth cutting
        parts = partition(domain, domains=len(self.domains), padded=execution.xla(), in_blocks=in_blocks)
        own = [Encoded(*part) for part in zip(*(parts.split(tensor) for tensor in encoded), strict=True)]
        if execution.xla():
            apart = [
                self._compiled(name, training=training)(*rows) for name, rows in zip(self.domains, own, strict=True)
            ]
            return by_task(parts.restore(apart), self.widths)
        experts = list(self.experts.values())
        # By domain: [its rows, its fields, dim]; then on the union of all fields: [its rows, fields * dim + fields]
        adapted = [self.adapt(name, rows, training=training) for name, rows in zip(self.domains, own, strict=True)]
        union = [
            self.union(name, rows, own_rows.mask)
            for name, rows, own_rows in zip(self.domains, adapted, own, strict=True)
        ]
        shared = parts.split_sorted(
            squeezed(self.domain_shared(parts.join_sorted(union), blocks=parts.blocks), 0)
        )  # by domain: [its rows, units]
        embedded = [  # by domain: [its rows, embedding of all tasks]
            side_by_side(expert(rows, rows_shared, blocks=parts.blocks), self.widths)
            for expert, rows, rows_shared in zip(experts, adapted, shared, strict=True)
        ]
        return by_task(parts.restore(embedded), self.widths)  # {task: [rows, embedding]}, in the rows' order

    def embed_domain(self, side: Side | FlatSide, domain: str) -> Embeddings:
        """Embeds rows that are all of one `domain`, by its weights and the shared ones: serving runs it (section 2.2).

        Returns:
            `{task: [rows, embedding]}`, for the tasks that exist there.

        Raises:
            ValueError: An unknown domain; it lists the domains.
        """
        require_choice(domain, self.domains, what=f"{self.layout.side} domain")
        return self.embed_encoded(self.encode(side, training=False), domain)

    def embed_encoded(self, encoded: Encoded, domain: str, *, training: bool = False) -> Embeddings:
        """Encoded rows that are all of one `domain` to `{task: [rows, embedding]}`, for the tasks that exist there."""
        adapted = self.adapt(domain, encoded, training=training)
        return self.experts[domain](adapted, squeezed(self.domain_shared(self.union(domain, adapted, encoded.mask)), 0))

    def _compiled(self, domain: str, *, training: bool) -> Callable[..., tf.Tensor]:
        """A domain's way from encoded rows to the embeddings of all tasks, `[rows, embedding]`, as one piece."""

        def embed(*encoded: tf.Tensor) -> tf.Tensor:
            return side_by_side(self.embed_encoded(Encoded(*encoded), domain, training=training), self.widths)

        return execution.compiled(embed)

    def parts(self) -> dict[str, list[tf.Variable]]:
        """Variables of each part of the tower below the encoder, by name, of any shape `[...]`."""
        parts = {"domain-shared expert": [*self.domain_shared.weights, self.absent]}
        for norm in (self.normalize, self.pooled):
            if norm:
                parts["normalization"] = norm.weights
        if self.base:
            parts["base"] = self.base.weights
        for domain, expert in self.experts.items():
            for part, layers in expert.parts().items():
                parts[f"{domain} / {part}"] = [weight for layer in layers for weight in layer.weights]
        return parts

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"prior": {domain: dict(logits) for domain, logits in self._prior.items()}, "seed": self._seed}
        return super().get_config() | own | plain_arguments(self.layout, tasks=self._tasks, config=self._config)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Tower":
        """The layer of a `get_config`."""
        return cls(**made_arguments(config))

    def encode(self, side: Side | FlatSide, *, training: bool) -> Encoded:
        """Without domain adaptation, numbers are normalized here, over the rows of all domains (section 3.4)."""
        encoded = self.encoder(side)
        present = encoded.mask[:, encoded.embedded.shape[1] :]
        if self.pooled:
            self.pooled(encoded.numbers, present, training=training)  # for its moments
        if not self.normalize:
            return encoded
        return encoded._replace(numbers=self.normalize(encoded.numbers, present, training=training))

    def adapt(self, domain: str, encoded: Encoded, *, training: bool) -> tf.Tensor:
        """Rows that are all of one `domain`, by its adaptation: `[rows, fields of the domain, dim]`."""
        pooled = self.pooled.moments if self.pooled else None  # rows of this batch are in it since `encode`
        return self.experts[domain].adapt(encoded, pooled=pooled, training=training)

    def union(self, domain: str, adapted: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """All fields of the side with their mask, `[rows, fields * (dim + 1)]`; what cannot exist here is learned."""
        places = self.layout.fields_of(domain)
        if len(places) < len(self.layout.features):
            everything = joined([adapted, repeated(self.absent, rows_of(adapted))], 1)
            source = [places.index(p) if p in places else len(places) + p for p in range(len(self.layout.features))]
            adapted = picked(everything, source, axis=1)
        return joined([flatten(adapted), mask], 1)
