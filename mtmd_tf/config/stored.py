"""Configurations as JSON and as flags."""

import dataclasses
import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from mtmd_tf.config.fields import ConfigError
from tfrecords_tools.digests import read_with_digest, with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.structure import StructureError, structure

RESTORE = "restore it, or remove the folder and train anew"  # what to do about a damaged file of a run

T = TypeVar("T")


def plain(config: Any) -> dict[str, Any]:
    """A configuration as JSON holds it, `{name: value}`."""
    values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def build(config_class: type[T], stored: Mapping[str, Any]) -> T:
    """Makes a configuration from what `plain` made of it; fields that are left out are at their defaults.

    Raises:
        ConfigError: An unknown field (it lists the fields), or a value that breaks its field's rule.
    """
    try:
        return structure(dict(stored), config_class)
    except StructureError as error:
        raise ConfigError(f"{error}.") from error


def older(config_class: type) -> dict[str, Any]:
    """What a configuration had that was written before a field existed, as `plain` has it."""
    fields = [field for field in dataclasses.fields(config_class) if "before" in field.metadata]
    values = {field.name: field.metadata["before"] for field in fields}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def arguments(*configs: Any, always: Collection[str] = ()) -> list[str]:
    """The flags that say configurations, in order, where their classes are defined.

    Args:
        configs: The configurations. What is at its field's default is left out.
        always: Names of fields to say at their defaults as well: what is `auto` where it is not said.
    """
    return [
        f"--{field.name}={','.join(str(item) for item in value) if isinstance(value, tuple) else value}"
        for config in configs
        for field in dataclasses.fields(config)
        if (value := getattr(config, field.name)) != field.default or field.name in always
    ]


def save(path: str | pathlib.Path, **configs: Any) -> None:
    """Writes configurations, and plain mappings, to one JSON file with a digest, `{name: {field: value}}`."""
    entries = {name: dict(each) if isinstance(each, Mapping) else plain(each) for name, each in configs.items()}
    write_text(pathlib.Path(path), json.dumps(with_digest(entries), indent=2) + "\n")


def load(path: str | pathlib.Path, name: str, config_class: type[T]) -> T:
    """Reads the configuration `name` of a file that `save` wrote.

    Raises:
        ConfigError: The file is not as it was written, or holds no such configuration, or one with unknown fields.
    """
    configs = load_all(path)
    if not isinstance(configs.get(name), dict):
        raise ConfigError(f"No configuration {name!r} in {path}; it has {list(configs)}.")
    return build(config_class, older(config_class) | configs[name])


def load_all(path: str | pathlib.Path) -> dict[str, Any]:
    """What `save` wrote, as JSON holds it.

    Raises:
        ConfigError: The file is not as it was written.
    """
    return read_with_digest(pathlib.Path(path), raises=ConfigError, rule=RESTORE)
