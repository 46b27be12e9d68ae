"""A tower without domain experts: one network for the rows of all domains (paper section 3.2)."""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.architectures.embedding import PlainEmbedding
from mtmd_tf.architectures.fields import FlatFields
from mtmd_tf.checks import require_choice
from mtmd_tf.config import BIAS_UNITS, ConfigError, TaskConfig
from mtmd_tf.domain_expert import Embeddings
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoded, Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.seeds import derive_seed


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class PlainTower(tf.keras.layers.Layer):
    """Encoder, pre-processing, a network, and for each task a linear map to its embedding; used as `Tower` is.

    Args:
        layout: The side's fields.
        tasks: Configurations of all tasks.
        network: `[rows, inputs]` to `[tasks, rows, units]`, or `[1, rows, units]` for all tasks.
        dim: Width of a field after encoding.
        moments: Moments by which numbers are normalized (`normalization.make_norm`).
        admission: Whether rare ids can share a row of the table (`Encoder`).
        most_rows: The most rows of the table (`Encoder`); 0 gives every id its own.
        prior: `{domain: {task: logit}}`, where each logit starts; the item side's job.
        seed: Seed of the initial weights, together with their names.

    Raises:
        ConfigError: The side has no feature, or a domain no task.
    """

    def __init__(
        self,
        layout: SideLayout,
        *,
        tasks: Sequence[TaskConfig],
        network: tf.keras.layers.Layer,
        dim: int,
        moments: str = "batch",
        admission: bool = False,
        most_rows: int = 0,
        prior: Mapping[str, Mapping[str, float]] | None = None,
        seed: int = 0,
        **kwargs,
    ) -> None:
        kwargs.setdefault("name", f"{layout.side}_tower")
        super().__init__(**kwargs)
        self.layout, self._tasks, self._dim, self._moments, self._seed = layout, tuple(tasks), dim, moments, seed
        self._table: Mapping[str, Any] = types.MappingProxyType({"admission": admission, "most_rows": most_rows})
        prior = self._prior = types.MappingProxyType(dict(prior or {}))  # a plain dict would be part of a checkpoint
        self.domains = layout.schema.domains_of(layout.side)
        self.widths = {task.name: task.embedding_dim + BIAS_UNITS for task in tasks}
        self.deep_widths = {task.name: task.embedding_dim for task in tasks}
        if not layout.features:
            raise ConfigError(f"No {layout.side} feature exists; a tower needs at least one.")
        for domain in self.domains:
            if not layout.tasks_of(domain) & self.widths.keys():
                raise ConfigError(f"No task exists in the {layout.side} domain {domain!r}; it needs at least one.")
        self.encoder = Encoder(layout, dim=dim, **self._table, seed=derive_seed(seed, "encoder"), name="encoder")
        self.fields = FlatFields(
            dim, domains=len(self.domains), moments=moments, seed=derive_seed(seed, "fields"), name="fields"
        )
        self.network = network
        self.embeddings = {
            task.name: PlainEmbedding(
                task.embedding_dim,
                side=layout.side,
                biases=[prior.get(domain, {}).get(task.name, 0.0) for domain in self.domains],
                seed=derive_seed(seed, f"embedding_{task.name}"),
                name=f"embedding_{task.name}",
            )
            for task in tasks
        }

    def call(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> Embeddings:
        """Embeds rows of all domains.

        Args:
            side: `rows` indexed rows.
            domain: `[rows]` int32, index into the domains.
            training: Whether normalization uses and moves the batch's statistics.

        Returns:
            `{task: [rows, embedding]}`; zeros where a task does not exist in a row's domain.
        """
        return self._embed(self.encode(side, training=training), domain, training=training)

    def encode(self, side: Side | FlatSide, *, training: bool) -> Encoded:
        """Rows of all domains to fields, as of `Tower`."""
        del training
        return self.encoder(side)

    def _embed(self, encoded: Encoded, domain: tf.Tensor, *, training: bool) -> Embeddings:
        flat = self.fields(encoded.mask, encoded.embedded, encoded.numbers, domain, training=training)  # [rows, inputs]
        outputs = self.network(flat)  # [tasks or 1, rows, units]
        each = tf.unstack(outputs) if outputs.shape[0] > 1 else [outputs[0]] * len(self.embeddings)
        return {
            task: self._where_it_exists(task, embed(rows, domain), domain)
            for rows, (task, embed) in zip(each, self.embeddings.items(), strict=True)
        }

    def embed_domain(self, side: Side | FlatSide, domain: str) -> Embeddings:
        """Embeds rows that are all of one `domain`: serving runs it (section 2.2).

        Returns:
            `{task: [rows, embedding]}`, for the tasks that exist there.

        Raises:
            ValueError: An unknown domain; it lists the domains.
        """
        require_choice(domain, self.domains, what=f"{self.layout.side} domain")
        return self.embed_encoded(self.encode(side, training=False), domain)

    def embed_encoded(self, encoded: Encoded, domain: str) -> Embeddings:
        """Encoded rows that are all of one `domain` to `{task: [rows, embedding]}`, for the tasks that exist there."""
        index = tf.fill([tf.shape(encoded.mask)[0]], self.domains.index(domain))
        here = self.layout.tasks_of(domain)
        return {task: rows for task, rows in self._embed(encoded, index, training=False).items() if task in here}

    def parts(self) -> dict[str, list[tf.Variable]]:
        """Variables of each part of the tower below the encoder, by name, of any shape `[...]`."""
        embedding = [weight for embed in self.embeddings.values() for weight in embed.weights]
        return {
            "pre-processing": self.fields.weights,
            self.network.name: self.network.weights,
            "embedding": embedding,
        }

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return super().get_config() | {
            "layout": self.layout.to_dict(),
            "tasks": [dataclasses.asdict(task) for task in self._tasks],
            "network": tf.keras.layers.serialize(self.network),
            "dim": self._dim,
            "moments": self._moments,
            **self._table,
            "prior": {domain: dict(logits) for domain, logits in self._prior.items()},
            "seed": self._seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PlainTower":
        """The layer of a `get_config`."""
        made = {
            "layout": SideLayout.from_dict(config["layout"]),
            "tasks": [TaskConfig(**task) for task in config["tasks"]],
            "network": tf.keras.layers.deserialize(config["network"]),
        }
        return cls(**config | made)

    def _where_it_exists(self, task: str, embedding: tf.Tensor, domain: tf.Tensor) -> tf.Tensor:
        exists = [task in self.layout.tasks_of(name) for name in self.domains]
        if all(exists):
            return embedding
        return tf.where(tf.gather(tf.constant(exists), domain)[:, None], embedding, 0.0)
