"""All that belongs to one domain, and what of it the domains of a tower share (paper section 2.1.5, Figure 4)."""

import types
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.adaptation import DomainAdaptation
from mtmd_tf.config import EXPERTS, ConfigError, ModelConfig, TaskConfig
from mtmd_tf.crossing import Crossing
from mtmd_tf.embedding import TaskEmbedding
from mtmd_tf.experts import DomainExperts
from mtmd_tf.features.fields import Encoded
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.gradients import expanded, picked, reshaped
from mtmd_tf.normalization import Moments
from mtmd_tf.routing import Router
from mtmd_tf.seeds import derive_seed
from mtmd_tf.sharing import Sharing
from mtmd_tf.tower_arguments import made_arguments, plain_arguments

Embeddings = dict[str, tf.Tensor]


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class DomainExpert(tf.keras.layers.Layer):
    """All that belongs to one domain (Figure 4): adaptation, experts, routing, crossing and embedding.

    Args:
        domain: Name of the domain, such as `home_feed`; None for the base that the domains of a tower share.
        layout: The side's fields.
        tasks: The tasks that exist in this domain; for the base, all.
        config: Configuration of the architecture.
        prior: Initial logit of each task; 0 for a task that is left out.
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
        kwargs.setdefault("name", domain or "base")
        super().__init__(**kwargs)
        self._domain, self._layout, self._seed = domain, layout, seed
        self._prior = types.MappingProxyType(dict(prior))  # a plain dict would be part of a checkpoint
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
            base: Base of the tower, which is made before this expert.
            sharing: How the domains of the tower share weights.
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
        embedded = tuple(place for place in self._places if place < self._embedded)
        with tf.name_scope(self.name):  # its variables' names say whose they are
            return self.adaptation(
                picked(encoded.mask, self._places, axis=1),
                picked(encoded.embedded, embedded, axis=1),
                picked(encoded.numbers, self._numbers, axis=1),
                pooled=None if pooled is None else pooled.of_features(self._numbers),
                training=training,
            )

    def call(self, adapted: tf.Tensor, domain_shared: tf.Tensor, blocks: tf.Tensor | None = None) -> Embeddings:
        """Embeds the domain's own rows.

        Args:
            adapted: `[rows, fields of the domain, dim]`.
            domain_shared: `[rows, units]`, the output of the tower's shared expert.
            blocks: Number of blocks of rows in which LayerNorms go (`FeedForward`).

        Returns:
            `{task: [rows, embedding]}`.
        """
        fields = flatten(adapted)  # [rows, fields * dim]
        outputs = self.experts(fields, self._describe(adapted), blocks=blocks)
        experts = (outputs.deep, outputs.task_shared, expanded(domain_shared, 0))  # each [tasks or 1, rows, units]
        routed_by = self._routed_by(fields, experts)
        composed = self.router(routed_by, experts, blocks=blocks)  # [tasks, rows, units or 3 * units]
        crossed = tf.unstack(self.crossing(composed) if self.crossing else composed, num=len(self.embeddings))
        shallow = tf.unstack(outputs.shallow, num=len(self.embeddings))
        return {
            task: embed(crossed[place], shallow[place]) for place, (task, embed) in enumerate(self.embeddings.items())
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; what a tower's domains share is the tower's (`Tower.get_config`)."""
        own = {"domain": self._domain, "prior": dict(self._prior), "seed": self._seed}
        return super().get_config() | own | plain_arguments(self._layout, tasks=self.tasks, config=self._config)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DomainExpert":
        """The layer of a `get_config`."""
        return cls(**made_arguments(config))

    def _routed_by(self, fields: tf.Tensor, experts: Sequence[tf.Tensor]) -> tf.Tensor:
        if self._config.router_input == "fields":
            return fields
        return tf.concat([tf.broadcast_to(expert, tf.shape(experts[0])) for expert in experts], axis=2)

    def _describe(self, adapted: tf.Tensor) -> tf.Tensor:
        if not self._descriptors:  # a domain that nothing describes: its shallow experts learn one vector
            return tf.ones([tf.shape(adapted)[0], 1])
        return flatten(picked(adapted, self._descriptors, axis=1))


def flatten(fields: tf.Tensor) -> tf.Tensor:
    """`[rows, fields, dim]` to `[rows, fields * dim]`."""
    return reshaped(fields, fields.shape[1] * fields.shape[2])


def _entries(fields: Sequence[int], dim: int) -> tuple[int, ...]:
    """Indices of the fields' numbers once all fields lie in one row."""
    return tuple(place * dim + entry for place in fields for entry in range(dim))
