"""One network over both sides' fields: what no two towers could reach, never served (docs/adr/0027)."""

import types
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.architectures.fields import FlatFields
from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.checks import require_rank
from mtmd_tf.config import TaskConfig
from mtmd_tf.crossing import Crosses
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.seeds import derive_seed

FIELDS = "fields"


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class FieldsOnly(tf.keras.layers.Layer):
    """One side's encoded fields in a row, where a tower would embed them; used as `Tower` is in training.

    Args:
        layout: Fields of the side.
        dim: Width of a field after encoding.
        moments: Moments by which numbers are normalized (`normalization.make_norm`).
        admission: Whether rare ids can share a row of the table (`Encoder`).
        most_rows: The most rows of the table (`Encoder`); 0 gives every id its own.
        seed: Initial weights are derived from it and their names.

    Raises:
        ValueError: The side has no feature.
    """

    def __init__(
        self,
        layout: SideLayout,
        *,
        dim: int,
        moments: str = "batch",
        admission: bool = False,
        most_rows: int = 0,
        seed: int = 0,
        **kwargs,
    ) -> None:
        kwargs.setdefault("name", f"{layout.side}_tower")
        super().__init__(**kwargs)
        self.layout, self._dim, self._moments, self._seed = layout, dim, moments, seed
        self._table: Mapping[str, Any] = types.MappingProxyType({"admission": admission, "most_rows": most_rows})
        self.domains = layout.schema.domains_of(layout.side)
        if not layout.features:
            raise ValueError(f"No {layout.side} feature exists; a joint model needs at least one a side.")
        self.encoder = Encoder(layout, dim=dim, **self._table, seed=derive_seed(seed, "encoder"), name="encoder")
        self.fields = FlatFields(
            dim, domains=len(self.domains), moments=moments, seed=derive_seed(seed, "fields"), name="fields"
        )

    def call(self, side: Side | FlatSide, domain: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """`{"fields": [rows, inputs]}` of rows of all domains; the last inputs say the domain, one-hot."""
        encoded = self.encoder(side)
        return {FIELDS: self.fields(encoded.mask, encoded.embedded, encoded.numbers, domain, training=training)}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"layout": self.layout.to_dict(), "dim": self._dim, "moments": self._moments, "seed": self._seed}
        return super().get_config() | own | {**self._table}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FieldsOnly":
        """The layer of a `get_config`."""
        return cls(**config | {"layout": SideLayout.from_dict(config["layout"])})

    def parts(self) -> dict[str, list[tf.Variable]]:
        """Variables of each part below the encoder, by name, of any shape `[...]`."""
        return {"pre-processing": self.fields.weights}


@tf.keras.utils.register_keras_serializable("mtmd_tf")
class JointNetwork(tf.keras.layers.Layer):
    """Logits of pairs from both sides' fields at once.

        x0     = [query ; item]
        y_task = w_task . head_task(network(cross(x0))) + bias_task(product)

    The crossing is DCN-v2's, low-rank, as in the heavyweight ranker: what a query's field says of an item's is at hand.

    Args:
        tasks: Names of the tasks, with one head each.
        units: Layers of the network.
        head_units: Layers of a head.
        rank: Rank of the crossing.
        biases: `[products][tasks]`, where each logit starts.
        slope: Negative slope of LeakyReLU.
        normalization: `pre`, `post` or `none` (`FeedForward`).
        seed: Seed of the initial weights, together with their names.

    Input shape:  query and item `[pairs, inputs]`, the item's last inputs its product, one-hot
    Output shape: `[tasks, pairs]`
    """

    def __init__(
        self,
        tasks: Sequence[str],
        *,
        units: Sequence[int],
        head_units: Sequence[int],
        rank: int,
        biases: Sequence[Sequence[float]],
        slope: float = 0.2,
        normalization: str = "pre",
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self._starts = tuple(tuple(row) for row in biases)
        self._tasks = len(tasks)
        layers: dict[str, Any] = {"slope": slope, "normalization": normalization}
        self._cross = Crosses(["joint"], rank=rank, seed=derive_seed(seed, "cross"), name="cross")
        self._network = FeedForward(["joint"], units=units, seed=derive_seed(seed, "network"), name="network", **layers)
        self._heads = FeedForward(tasks, units=head_units, seed=derive_seed(seed, "heads"), name="heads", **layers)
        self._last = Linear(tasks, units=1, seed=derive_seed(seed, "last"), scale=0.1, name="last")

    def build(self, shape: tf.TensorShape) -> None:
        """Makes the biases, `[products, tasks]`."""
        starts = tf.constant_initializer(self._starts)
        self._biases = self.add_weight("biases", shape=[len(self._starts), self._tasks], initializer=starts)
        super().build(shape)

    def call(self, query: tf.Tensor, item: tf.Tensor) -> tf.Tensor:
        """Runs the network once, then every head."""
        require_rank(query, 2, name="query")
        require_rank(item, 2, name="item")
        both = tf.concat([query, item], axis=1)[None]  # [1, pairs, inputs of both]
        crossed = self._cross(both, both)[0]  # [pairs, inputs of both]
        heads = self._heads(self._network(crossed)[0])  # [tasks, pairs, head_units[-1]]
        start = tf.matmul(item[:, -len(self._starts) :], self._biases)  # [pairs, tasks]
        return self._last(heads)[:, :, 0] + tf.transpose(start)


def start_of(
    tasks: Sequence[TaskConfig], products: Sequence[str], prior: Mapping[str, Mapping[str, float]]
) -> list[list[float]]:
    """`[products][tasks]`: where each logit starts; 0 where the prior says nothing."""
    return [[prior.get(product, {}).get(task.name, 0.0) for task in tasks] for product in products]
