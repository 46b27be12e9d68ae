"""The settings of a run: those that are given, and for the others the rule of sizes (docs/adr/0026)."""

import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.sizing.facts import facts_of
from mtmd_tf.sizing.rule import AUTO, Sized, sized
from mtmd_tf.slices import slice_named
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


def settle(
    manifest: Manifest,
    schema: Schema,
    *,
    model: Mapping[str, Any],
    train: Mapping[str, Any],
    slice_name: str = "",
    config: pathlib.Path | None = None,
) -> Sized:
    """Complete settings for a data set, or for one slice of it.

    Args:
        manifest: Manifest of the data set.
        schema: Schema of the data set.
        model: Fields of ModelConfig that are given.
        train: Fields of TrainConfig that are given.
        slice_name: Name of the slice, as in `slices.slice_named`; empty for all.
        config: Settings file of a run that may resume; its values replace the rule for all settings that are not given
            now.

    Raises:
        ConfigError: A given setting breaks a rule.
        DataError: An unknown slice.
    """
    facts = facts_of(
        manifest,
        schema,
        tasks=model.get("tasks", ()),
        chosen=slice_named(slice_name, schema) if slice_name else None,
    )
    if config is None or not config.exists():
        return sized(facts, model=model, train=train)
    before = configs.load_all(config)
    then = {name: _settled(before.get(name, {})) for name in ("model", "train")}
    return sized(facts, model={**then["model"], **model}, train={**then["train"], **train})


def _settled(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in AUTO}
