"""The arguments that towers and domain experts are made of, as the plain values of a `get_config`."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from mtmd_tf.config import ModelConfig, TaskConfig, build, plain
from mtmd_tf.features.layout import SideLayout


def plain_arguments(layout: SideLayout, *, tasks: Sequence[TaskConfig], config: ModelConfig) -> dict[str, Any]:
    """Arguments as JSON holds them."""
    names = [dataclasses.asdict(task) for task in tasks]
    return {"layout": layout.to_dict(), "tasks": names, "config": plain(config)}


def made_arguments(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `plain_arguments`; other entries of `stored` are left as they are."""
    return dict(stored) | {
        "layout": SideLayout.from_dict(stored["layout"]),
        "tasks": tuple(TaskConfig(**task) for task in stored["tasks"]),
        "config": build(ModelConfig, stored["config"]),
    }
