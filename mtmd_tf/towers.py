"""Domain experts and towers: the one place where the stages meet (paper sections 2.1.5 and 2.2, Figures 4 and 5)."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.adaptation import DomainAdaptation
from mtmd_tf.blocks import FeedForward
from mtmd_tf.checks import require_choice
from mtmd_tf.config import EXPERTS, ConfigError, ModelConfig, TaskConfig
from mtmd_tf.crossing import Crossing
from mtmd_tf.domains import partition
from mtmd_tf.embedding import BIAS_UNITS, TaskEmbedding
from mtmd_tf.experts import DomainExperts
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoded, Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.normalization import Moments, RunningNorm, make_norm
from mtmd_tf.routing import Router
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Sharing

Embeddings = dict[str, tf.Tensor]


class DomainExpert(tf.keras.layers.Layer):
    """All that belongs to one domain (Figure 4): adaptation, experts, routing, crossing and embedding.

    Args:
        domain: Its name, such as `home_feed`; None for the base that a tower's domains share, of all fields.
        layout: The side's fields.
        tasks: The tasks that exist in this domain; for the base, all.
        config: The architecture.
        prior: Where each task's logit starts; 0 where it says nothing.
        seed: Initial weights are derived from it and their names.

    Raises:
        ConfigError: No feature or no task exists in the domain.
    """

    def __init__(
        self,
        domain: str | None,
        *,
        layout: SideLayout,
        tasks: Sequence[TaskConfig],
        config: ModelConfig,
        prior: Mapping[str, float],
        seed: int,
        **kwargs,
    ) -> None:
        super().__init__(name=domain or "base", **kwargs)
        self.tasks = tuple(tasks)
        self._config = config
        self._embedded = len(layout.features) - len(layout.of_kind("continuous"))
        self._places = layout.fields_of(domain)
        for what, found in (("feature", self._places), ("task", self.tasks)):
            if not found:
                raise ConfigError(f"No {what} exists in the {layout.side} domain {domain!r}; it needs at least one.")
        self._descriptors = [self._places.index(place) for place in layout.descriptors_of(domain)]

        def named(name: str) -> dict:
            return {"name": name, "seed": derive_seed(seed, name)}

        names = [task.name for task in tasks]
        layers: dict[str, Any] = {"slope": config.leaky_slope, "normalization": config.normalization}
        self.adaptation = DomainAdaptation(
            config.dim,
            reduction=config.se_reduction,
            activation=config.gate_activation,
            own=config.domain_adaptation,
            moments=config.moments,
            open_at_first=config.domain_sharing != "none",
            **named("adaptation"),
        )
        self.experts = DomainExperts(
            names,
            deep_units=config.deep_units,
            shallow_units=config.shallow_units if config.shallow else (),
            **layers,
            **named("experts"),
        )
        self.router = Router(
            names,
            experts=len(EXPERTS),
            units=config.router_units,
            composition=config.composition,
            **layers,
            **named("router"),
        )
        self.crossing = None
        if config.crossing:
            self.crossing = Crossing(
                names,
                projection=config.cross_projection,
                normalization=config.normalization,
                side_by_side=config.domain_sharing != "none",
                **named("crossing"),
            )
        self.embeddings = {
            task.name: TaskEmbedding(
                task.embedding_dim,
                side=layout.side,
                bias=prior.get(task.name, 0.0),
                **named(f"embedding_{task.name}"),
            )
            for task in tasks
        }

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(place - self._embedded for place in self._places if place >= self._embedded)

    def make_base(self) -> None:
        """Makes every weight that a domain deviates from, and none besides."""
        config, deep = self._config, self._config.deep_units[-1]
        inputs = len(self._places) * config.dim
        crossed = deep * (len(EXPERTS) if config.composition == "concat" else 1)
        with tf.init_scope(), tf.name_scope(self.name):
            self.adaptation.make_base(fields=len(self._places), numbers=len(self._numbers))
            self.experts.make_base(inputs, descriptors=max(len(self._descriptors) * config.dim, 1))
            self.router.make_base(inputs if config.router_input == "fields" else len(EXPERTS) * deep)
            if self.crossing:
                self.crossing.make_base(crossed)
            for embed in self.embeddings.values():
                embed.make_base(crossed)

    def deviate(self, base: "DomainExpert", *, sharing: Sharing) -> None:
        """From now on, before they are built, linear maps, directions and defaults are `base`'s plus deviations.

        Args:
            base: Of the tower, made before this expert is.
            sharing: How.
        """
        dim = self._config.dim
        descriptors = [base._descriptors.index(self._places[place]) for place in self._descriptors]
        inputs, described = _entries(self._places, dim), _entries(descriptors, dim)
        if not base._descriptors:
            described = (0,)  # the one that stands in for them everywhere
        self.adaptation.deviate(base.adaptation, sharing=sharing, fields=self._places, numbers=self._numbers)
        self.experts.deviate(base.experts, sharing=sharing, inputs=inputs, descriptors=described)
        routed = inputs if self._config.router_input == "fields" else None
        self.router.deviate(base.router, sharing=sharing, inputs=routed)
        if self.crossing and base.crossing:
            self.crossing.deviate(base.crossing, sharing=sharing)
        for task, embed in self.embeddings.items():
            embed.deviate(base.embeddings[task], sharing=sharing)

    def parts(self) -> dict[str, list[tf.keras.layers.Layer]]:
        """The layers of each part, by name."""
        parts: dict[str, list[tf.keras.layers.Layer]] = {"adaptation": [self.adaptation]}
        parts |= {"experts": [self.experts], "routing": [self.router]}
        if self.crossing:
            parts["crossing"] = [self.crossing]
        return parts | {"embedding": list(self.embeddings.values())}

    def adapt(self, encoded: Encoded, *, pooled: Moments | None = None, training: bool) -> tf.Tensor:
        """Adapts the domain's own rows and fields: `[rows, fields of the domain, dim]`.

        Args:
            encoded: Rows of this domain, all fields of the side.
            pooled: Moments of all domains' numbers, or None.
            training: Whether moments are the batch's, or move with it.
        """
        split = tf.constant([place for place in self._places if place < self._embedded], tf.int32)
        numbers = tf.constant(self._numbers, tf.int32)
        with tf.name_scope(self.name):  # its variables' names say whose they are
            return self.adaptation(
                tf.gather(encoded.mask, self._places, axis=1),
                tf.gather(encoded.embedded, split, axis=1),
                tf.gather(encoded.numbers, numbers, axis=1),
                pooled=None if pooled is None else pooled.of_features(self._numbers),
                training=training,
            )

    def call(self, adapted: tf.Tensor, domain_shared: tf.Tensor) -> Embeddings:
        """Adapted fields and the tower's shared expert to `{task: [rows, embedding]}`."""
        fields = _flatten(adapted)
        outputs = self.experts(fields, self._describe(adapted))
        experts = (outputs.deep, outputs.task_shared, domain_shared[None])
        composed = self.router(self._routed_by(fields, experts), experts)
        crossed = tf.unstack(self.crossing(composed) if self.crossing else composed, num=len(self.embeddings))
        shallow = tf.unstack(outputs.shallow, num=len(self.embeddings))
        return {
            task: embed(crossed[place], shallow[place]) for place, (task, embed) in enumerate(self.embeddings.items())
        }

    def _routed_by(self, fields: tf.Tensor, experts: Sequence[tf.Tensor]) -> tf.Tensor:
        if self._config.router_input == "fields":
            return fields
        return tf.concat([tf.broadcast_to(expert, tf.shape(experts[0])) for expert in experts], axis=2)

    def _describe(self, adapted: tf.Tensor) -> tf.Tensor:
        if not self._descriptors:  # a domain that nothing describes: its shallow experts learn one vector
            return tf.ones([tf.shape(adapted)[0], 1])
        return _flatten(tf.gather(adapted, self._descriptors, axis=1))


class Tower(tf.keras.layers.Layer):
    """One side of the model (Figure 5): an encoder, one domain expert per domain, and the expert that they share.

    Each row goes through its own domain's expert only; the domain-shared expert runs once over all rows, on the union
    of all fields.

    Args:
        layout: The side's fields.
        tasks: All tasks.
        config: The architecture.
        prior: `{domain: {task: logit}}`, where each logit starts; the item side's job.
        seed: Initial weights are derived from it and their names.
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
        super().__init__(name=f"{layout.side}_tower", **kwargs)
        self.layout = layout
        self.domains = layout.schema.domains_of(layout.side)
        self.widths = {task.name: task.embedding_dim + config.shallow_width + BIAS_UNITS for task in tasks}
        self.deep_widths = {task.name: task.embedding_dim for task in tasks}
        self.encoder = Encoder(layout, dim=config.dim, seed=derive_seed(seed, "encoder"), name="encoder")
        self.experts = {
            domain: DomainExpert(
                domain,
                layout=layout,
                tasks=[task for task in tasks if task.name in layout.tasks_of(domain)],
                config=config,
                prior=(prior or {}).get(domain, {}),
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
        self.normalise = None if config.domain_adaptation else make_norm(config.moments, name="normalise")
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
        sharing = Sharing(form=config.domain_sharing, rank=config.deviation_rank)
        for expert in self.experts.values():
            expert.deviate(base, sharing=sharing)
        return base

    def call(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> Embeddings:
        """Embeds rows of all domains.

        Args:
            side: `rows` indexed rows.
            domain: `[rows]` int32, index into the domains.
            training: Whether normalisation uses and moves the batch's statistics.

        Returns:
            `{task: [rows, embedding]}`, in the rows' order; zeros where a task does not exist in a row's domain.
        """
        encoded = self.encode(side, training=training)
        parts = partition(domain, domains=len(self.domains))
        own = [Encoded(*part) for part in zip(*(parts.split(tensor) for tensor in encoded), strict=True)]
        experts = list(self.experts.values())
        adapted = [self.adapt(name, rows, training=training) for name, rows in zip(self.domains, own, strict=True)]
        union = [
            self.union(name, rows, own_rows.mask)
            for name, rows, own_rows in zip(self.domains, adapted, own, strict=True)
        ]
        shared = parts.split_sorted(self.domain_shared(tf.concat(union, axis=0))[0])
        embedded = [
            self.concatenate(expert(rows, rows_shared))
            for expert, rows, rows_shared in zip(experts, adapted, shared, strict=True)
        ]
        return self.split_tasks(parts.restore(embedded))

    def embed_domain(self, side: Side | FlatSide, domain: str) -> Embeddings:
        """Embeds rows that are all of one `domain`, by its weights and the shared ones: serving runs it (section 2.2).

        Raises:
            ValueError: An unknown domain; it lists the domains.
        """
        require_choice(domain, self.domains, what=f"{self.layout.side} domain")
        encoded = self.encode(side, training=False)
        adapted = self.adapt(domain, encoded, training=False)
        return self.experts[domain](adapted, self.domain_shared(self.union(domain, adapted, encoded.mask))[0])

    def split_tasks(self, embedding: tf.Tensor) -> Embeddings:
        """`[rows, all tasks' widths]`, tasks in order, to `{task: [rows, width]}`."""
        parts = tf.split(embedding, list(self.widths.values()), axis=1)
        return dict(zip(self.widths, parts, strict=True))

    def parts(self) -> dict[str, list[tf.Variable]]:
        """What each part of the tower below the encoder has, by name."""
        parts = {"domain-shared expert": [*self.domain_shared.weights, self.absent]}
        for norm in (self.normalise, self.pooled):
            if norm:
                parts["normalisation"] = norm.weights
        if self.base:
            parts["base"] = self.base.weights
        for domain, expert in self.experts.items():
            for part, layers in expert.parts().items():
                parts[f"{domain} / {part}"] = [weight for layer in layers for weight in layer.weights]
        return parts

    def encode(self, side: Side | FlatSide, *, training: bool) -> Encoded:
        """Without domain adaptation, numbers are normalised here, over the rows of all domains (section 3.4)."""
        encoded = self.encoder(side)
        present = encoded.mask[:, encoded.embedded.shape[1] :]
        if self.pooled:
            self.pooled(encoded.numbers, present, training=training)  # for its moments
        if not self.normalise:
            return encoded
        return encoded._replace(numbers=self.normalise(encoded.numbers, present, training=training))

    def adapt(self, domain: str, encoded: Encoded, *, training: bool) -> tf.Tensor:
        """Rows that are all of one `domain`, by its adaptation: `[rows, fields of the domain, dim]`."""
        pooled = self.pooled.moments if self.pooled else None  # rows of this batch are in it since `encode`
        return self.experts[domain].adapt(encoded, pooled=pooled, training=training)

    def concatenate(self, embeddings: Embeddings) -> tf.Tensor:
        """The inverse of `split_tasks`; zeros where a task is missing."""
        rows = tf.shape(next(iter(embeddings.values())))[0]
        return tf.concat([embeddings.get(task, tf.zeros([rows, width])) for task, width in self.widths.items()], axis=1)

    def union(self, domain: str, adapted: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """All fields of the side, flattened, with the mask: fields that cannot exist here hold a learned stand-in."""
        places = self.layout.fields_of(domain)
        if len(places) < len(self.layout.features):
            shape = [tf.shape(adapted)[0], *self.absent.shape]
            everything = tf.concat([adapted, tf.broadcast_to(self.absent, shape)], axis=1)
            source = [places.index(p) if p in places else len(places) + p for p in range(len(self.layout.features))]
            adapted = tf.gather(everything, source, axis=1)
        return tf.concat([_flatten(adapted), mask], axis=1)


def _flatten(fields: tf.Tensor) -> tf.Tensor:
    return tf.reshape(fields, [-1, fields.shape[1] * fields.shape[2]])


def _entries(fields: Sequence[int], dim: int) -> tuple[int, ...]:
    """Places of the fields' numbers once all fields lie in one row."""
    return tuple(place * dim + entry for place in fields for entry in range(dim))
