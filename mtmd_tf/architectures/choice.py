"""The towers that the setting `architecture` names; all take the same features and give the same embeddings."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.architectures.joint import FieldsOnly, JointNetwork, start_of
from mtmd_tf.architectures.mmoe import MixtureOfExperts
from mtmd_tf.architectures.mmoe_dcn import MixtureOfCrosses
from mtmd_tf.architectures.ple import ProgressiveExtraction
from mtmd_tf.architectures.shared_bottom import SharedBottom
from mtmd_tf.architectures.tower import PlainTower
from mtmd_tf.blocks import FeedForward
from mtmd_tf.config import FLOOR, ModelConfig, TaskConfig
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.seeds import derive_seed
from mtmd_tf.towers import Tower

AnyTower = Tower | PlainTower | FieldsOnly


def make_tower(
    layout: SideLayout,
    *,
    tasks: Sequence[TaskConfig],
    config: ModelConfig,
    prior: Mapping[str, Mapping[str, float]] | None = None,
    seed: int = 0,
) -> AnyTower:
    """One side of the model.

    Args:
        layout: The side's fields.
        tasks: Configurations of all tasks.
        config: Configuration of the architecture.
        prior: `{domain: {task: logit}}`, where each logit starts; the item side's job.
        seed: Seed of the initial weights, together with their names.

    Raises:
        ValueError: A domain without a feature or a task, or settings that contradict each other.
    """
    if config.architecture == "mtmd":
        return Tower(layout, tasks=tasks, config=config, prior=prior, seed=seed)
    if config.architecture == FLOOR:
        return FieldsOnly(layout, dim=config.dim, moments=config.moments, **_table(config), seed=seed)
    network = _network([task.name for task in tasks], config=config, seed=derive_seed(seed, config.architecture))
    return PlainTower(
        layout,
        tasks=tasks,
        network=network,
        dim=config.dim,
        moments=config.moments,
        **_table(config),
        prior=prior,
        seed=seed,
    )


def make_joint(
    products: Sequence[str],
    *,
    tasks: Sequence[TaskConfig],
    config: ModelConfig,
    prior: Mapping[str, Mapping[str, float]],
    seed: int,
) -> JointNetwork | None:
    """What makes logits of both sides' fields at once; None for every architecture of two towers."""
    if config.architecture != FLOOR:
        return None
    return JointNetwork(
        [task.name for task in tasks],
        units=config.deep_units,
        head_units=config.head_units,
        rank=config.cross_projection,
        biases=start_of(tasks, products, prior),
        slope=config.leaky_slope,
        normalization=config.normalization,
        seed=derive_seed(seed, FLOOR),
        name=FLOOR,
    )


def _table(config: ModelConfig) -> dict[str, Any]:
    """An encoder's arguments of the embedding table."""
    return {"admission": config.min_count > 0, "most_rows": config.max_table_rows}


def _network(tasks: Sequence[str], *, config: ModelConfig, seed: int) -> tf.keras.layers.Layer:
    name = config.architecture
    deep: dict[str, Any] = {"units": config.deep_units, "slope": config.leaky_slope, "seed": seed, "name": name}
    deep["normalization"] = config.normalization
    headed = deep | {"head_units": config.head_units}
    if name == "single_slice":  # a plain FFN; on one slice it is the paper's baseline
        return FeedForward(["single_slice"], **deep)
    if name == "shared_bottom":
        return SharedBottom(tasks, **headed)
    if name == "mmoe":
        return MixtureOfExperts(tasks, experts=config.mixture_experts, **headed)
    if name == "ple":
        return ProgressiveExtraction(
            tasks,
            levels=config.extraction_levels,
            task_experts=config.task_experts,
            shared_experts=config.shared_experts,
            **headed,
        )
    return MixtureOfCrosses(
        tasks,
        experts=config.mixture_experts,
        rank=config.cross_projection,
        gate_units=config.router_units,
        **headed,
    )
