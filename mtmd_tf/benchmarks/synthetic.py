"""Models and batches of any size, made in memory: what the cost of a pair is measured against (paper section 2.2)."""

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.config import ModelConfig
from mtmd_tf.features.batch import Batch, Side
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.seeds import derive_seed
from tfrecords_tools.schema import Feature, Schema, Task

_DESCRIPTORS = 4  # of each side


@dataclasses.dataclass(frozen=True, kw_only=True)
class Size:
    """What a pair's cost may depend on.

    Attributes:
        surfaces: Number of surfaces.
        tasks: Number of tasks; all but the first are children of the first.
        candidates: Candidates of each request.
        fields: Fields of both sides together; half of each side's are categories, half numbers.
        pairs: Pairs of a step, about: requests are whole.
        skew: Exponent s of the surfaces' shares, which fall as 1 / rank^s; 0 for equal ones.
        vocabulary: Rows of the query side's table.
    """

    surfaces: int = 3
    tasks: int = 3
    candidates: int = 12
    fields: int = 64
    pairs: int = 4096
    skew: float = 0.0
    vocabulary: int = 50_000


def schema_of(size: Size) -> Schema:
    """Every feature exists everywhere."""
    features = []
    for side in ("query", "item"):
        count = max(size.fields // 4, 1)  # of each kind
        rows = max((size.vocabulary if side == "query" else Size.vocabulary) // count, 1)
        for place in range(count):
            name, descriptor = f"{side}_token_{place}", place < _DESCRIPTORS
            token: dict[str, Any] = {"side": side, "kind": "categorical", "dtype": "int64", "hash_buckets": rows}
            features.append(Feature(name=name, descriptor=descriptor, **token))
            features.append(Feature(name=f"{side}_number_{place}", side=side, kind="continuous", dtype="float"))
    return Schema(
        name="synthetic",
        surfaces=tuple(f"surface_{place}" for place in range(size.surfaces)),
        products=("standard", "shopping"),
        tasks=tuple(Task(name=f"task_{place}", parent="task_0" if place else None) for place in range(size.tasks)),
        features=tuple(features),
    )


def model_of(size: Size, *, config: ModelConfig | None = None) -> TwoTowerModel:
    """A model with its variables made; of the paper's sizes without a `config`."""
    model = TwoTowerModel(schema_of(size), config=config)
    model.make_variables()
    return model


def batch_of(size: Size, model: TwoTowerModel, *, seed: int = 0) -> Batch:
    """Random requests, each with the same number of candidates."""
    random = np.random.default_rng(derive_seed(seed, repr(size)))
    requests = max(round(size.pairs / size.candidates), 1)
    pairs = requests * size.candidates
    share = 1.0 / np.arange(1, size.surfaces + 1) ** size.skew
    label = random.uniform(0.01, 0.5, pairs).astype(np.float32)
    ones = tf.ones([pairs])
    return Batch(
        request_id=tf.constant([f"r{number}" for number in range(requests)]),
        timestamp=tf.zeros([requests], tf.int64),
        surface=tf.constant(random.choice(size.surfaces, requests, p=share / share.sum()), tf.int32),
        request=tf.repeat(tf.range(requests), size.candidates),
        item_id=tf.constant([f"i{number}" for number in range(pairs)]),
        product=tf.constant(random.integers(0, 2, pairs), tf.int32),
        query=_side(model.query_tower.encoder.table.shape[0], size.fields // 4, requests, random),
        item=_side(model.item_tower.encoder.table.shape[0], size.fields // 4, pairs, random),
        cross=(),
        label={task: tf.constant(label * (0.5 if place else 1.0)) for place, task in enumerate(model.parents)},
        event={},
        weight=ones,
        bid=ones,
    )


def _side(table_rows: int, count: int, rows: int, random: np.random.Generator) -> Side:
    count = max(count, 1)
    own = table_rows // count
    tokens = random.integers(0, own, [rows, count]) + own * np.arange(count)
    return Side(
        tokens=tf.constant(tokens, tf.int64),
        bags=(),
        vectors=(),
        numbers=tf.constant(random.standard_normal([rows, count]), tf.float32),
        mask=tf.ones([rows, 2 * count]),
    )
