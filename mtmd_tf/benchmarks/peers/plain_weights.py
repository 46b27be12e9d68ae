"""A tower's weights and indices as NumPy arrays, from which a twin in another library is made."""

from typing import Any

import numpy as np

from mtmd_tf import legacy
from mtmd_tf.benchmarks.peers.plain import Map, Norm, PlainExpert, PlainModel, PlainTower
from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.config import ConfigError
from mtmd_tf.domain_expert import DomainExpert
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.layer_norm import LayerNorm
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.towers import Tower


def plain_model(model: TwoTowerModel) -> PlainModel:
    """A model of the paper's text, with its variables made.

    Raises:
        ConfigError: A setting that the twins lack, by name.
    """
    config = model.config
    for name, wanted in {
        "architecture": "mtmd",
        "domain_sharing": "none",
        "moments": "batch",
        "normalization": "pre",
        "composition": "sum",
        "router_input": "fields",
        "gate_activation": "sigmoid",
        "crossing": True,
        "shallow": True,
        "domain_adaptation": True,
    }.items():
        if getattr(config, name) != wanted:
            raise ConfigError(f"a twin has {name}={wanted!r} alone; the model has {getattr(config, name)!r}.")
    return PlainModel(
        query=_tower(model.query_tower),
        item=_tower(model.item_tower),
        parents=dict(model.parents),
        loss_weights={task.name: task.loss_weight for task in model.multi_task.tasks},
        slope=config.leaky_slope,
    )


def _tower(tower: Tower) -> PlainTower:
    layout = tower.layout
    return PlainTower(
        side=layout.side,
        table=tower.encoder.table.numpy(),
        tokens=_rows(layout, "categorical"),
        bags=_rows(layout, "ragged"),
        number_count=len(layout.of_kind("continuous")),
        means=tuple(feature.combiner == "mean" for feature in layout.of_kind("ragged")),
        vectors=[_map(project) for project in tower.encoder._projections],
        absent=tower.absent.numpy(),
        shared=_layers(tower.domain_shared),
        experts={name: _expert(expert) for name, expert in tower.experts.items()},
        widths=tower.widths,
    )


def _rows(layout: SideLayout, kind: str) -> list[tuple[int, int]]:
    return [(layout.table_offsets[feature.name], feature.table_rows) for feature in layout.of_kind(kind)]


def _expert(expert: DomainExpert) -> PlainExpert:
    adaptation, experts, router = expert.adaptation, expert.experts, expert.router
    crossing: Any = expert.crossing  # `plain_model` has required it
    crosses = [legacy.low_rank_parts(cross) for cross in crossing._crosses]
    return PlainExpert(
        tasks=tuple(task.name for task in expert.tasks),
        fields=tuple(expert._places),
        numbers=expert._numbers,
        descriptors=tuple(expert._descriptors),
        direction=_value(adaptation._direct._direction),
        offset=_value(adaptation._direct._offset),
        defaults=_value(adaptation._defaults),
        squeeze=_map(adaptation._excite._squeeze),
        excite=_map(adaptation._excite._excite),
        deep=_layers(experts._deep),
        shallow=_layers(experts._shallow),
        hidden=_layers(router._hidden),
        route=_map(router._last),
        cross_norm=_norm(crossing._normalize),
        down=np.stack([down.kernel.numpy() for down, _ in crosses]),
        up=(
            np.stack([up.kernel.numpy() for _, up in crosses]),
            np.stack([up.bias.numpy()[None] for _, up in crosses]),
        ),
        project={task: _map(embed._project) for task, embed in expert.embeddings.items()},
        bias={task: float(embed._bias.numpy()) for task, embed in expert.embeddings.items()},
    )


def _layers(network: FeedForward) -> list[tuple[Map, Norm]]:
    return [(_map(linear), _norm(norm)) for linear, norm in zip(network._linears, network._norms, strict=True)]


def _map(linear: Linear) -> Map:
    return _value(linear._kernel), _value(linear._bias)


def _norm(norm: LayerNorm) -> Norm:
    return norm._gain.numpy(), norm._shift.numpy()


def _value(weight: Any) -> np.ndarray:
    return np.asarray(weight.value())
