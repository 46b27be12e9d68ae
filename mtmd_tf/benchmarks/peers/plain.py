"""What a twin in another library is made of: a batch and the towers' weights as NumPy arrays, without TensorFlow."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

Map = tuple[np.ndarray, np.ndarray]  # kernels `[copies, inputs, units]` and biases `[copies, 1, units]`
Norm = tuple[np.ndarray, np.ndarray]  # gains and shifts, `[copies, 1, units]`


class PlainSide(NamedTuple):
    """The features of one side (`mtmd_tf.features.batch.Side`).

    Attributes:
        tokens: `[rows, categorical features]` int64, rows of the side's table.
        bags: For each ragged feature, its tokens and `[rows]` where each row's begin.
        vectors: `[rows, size]` of each dense feature.
        numbers: `[rows, continuous features]`.
        mask: `[rows, fields]`, 1 or 0.
    """

    tokens: np.ndarray
    bags: tuple[tuple[np.ndarray, np.ndarray], ...]
    vectors: tuple[np.ndarray, ...]
    numbers: np.ndarray
    mask: np.ndarray


class PlainBatch(NamedTuple):
    """What a training step reads of a batch.

    Attributes:
        surface: `[requests]` index of the surface.
        request: `[pairs]` row of each pair's request.
        product: `[pairs]` index of the product.
        query: Features of the requests.
        item: Features of the pairs.
        label: `{task: [pairs]}`, NaN where there is none.
    """

    surface: np.ndarray
    request: np.ndarray
    product: np.ndarray
    query: PlainSide
    item: PlainSide
    label: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlainExpert:
    """All that belongs to one domain (`mtmd_tf.domain_expert.DomainExpert`).

    Attributes:
        tasks: Names of the tasks.
        fields: Indices of its fields among those of the side; what is embedded comes first.
        numbers: Indices of its numbers among the continuous features of the side.
        descriptors: Indices of the shallow experts' fields among its own.
        direction: `[numbers, dim]`.
        offset: `[numbers, dim]`.
        defaults: `[fields, dim]`, what stands for a missing field.
        squeeze: Squeeze of the gate.
        excite: Excitation of the gate.
        deep: Layers of the deep experts and, last, the task-shared one.
        shallow: Layers of the shallow experts.
        hidden: Layers of the routers.
        route: Last map of the routers.
        cross_norm: LayerNorm before the crossing.
        down: `[tasks, units, rank]`, V of the crossing.
        up: U of the crossing.
        project: `{task: map}` to the deep part of its embedding.
        bias: `{task: bias in logits}`.
    """

    tasks: tuple[str, ...]
    fields: tuple[int, ...]
    numbers: tuple[int, ...]
    descriptors: tuple[int, ...]
    direction: np.ndarray
    offset: np.ndarray
    defaults: np.ndarray
    squeeze: Map
    excite: Map
    deep: Sequence[tuple[Map, Norm]]
    shallow: Sequence[tuple[Map, Norm]]
    hidden: Sequence[tuple[Map, Norm]]
    route: Map
    cross_norm: Norm
    down: np.ndarray
    up: Map
    project: Mapping[str, Map]
    bias: Mapping[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlainTower:
    """One side (`mtmd_tf.towers.Tower`).

    Attributes:
        side: `query` or `item`.
        table: `[rows, dim]`.
        tokens: For each categorical feature, where its rows of the table begin, and how many there are.
        bags: The same of each ragged feature.
        number_count: Continuous features.
        means: For each ragged feature, whether its bag is averaged, else added up.
        vectors: Map of each dense feature.
        absent: `[fields, dim]`, what the domain-shared expert reads of a field that cannot exist.
        shared: Layers of the domain-shared expert.
        experts: `{domain: what belongs to it}`.
        widths: `{task: width of its embedding}`.
    """

    side: str
    table: np.ndarray
    tokens: Sequence[tuple[int, int]]
    bags: Sequence[tuple[int, int]]
    number_count: int
    means: tuple[bool, ...]
    vectors: Sequence[Map]
    absent: np.ndarray
    shared: Sequence[tuple[Map, Norm]]
    experts: Mapping[str, PlainExpert]
    widths: Mapping[str, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlainModel:
    """Both towers, and how their logits become a loss.

    Attributes:
        query: The query tower.
        item: The item tower.
        parents: `{task: parent or None}`.
        loss_weights: `{task: weight of its loss}`.
        slope: Negative slope of LeakyReLU.
    """

    query: PlainTower
    item: PlainTower
    parents: Mapping[str, str | None]
    loss_weights: Mapping[str, float]
    slope: float
