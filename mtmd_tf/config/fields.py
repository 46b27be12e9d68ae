"""A field of a configuration: its default, its help and the rule that its value keeps."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any


class ConfigError(ValueError):
    """A setting that does not exist, or one that breaks its rule."""


def setting(
    default: Any,
    help_text: str,
    *,
    choices: tuple[str, ...] | None = None,
    minimum: float | None = None,
    before: Any = None,
    absent: Mapping[str, str] | None = None,
) -> Any:
    """A field of a configuration.

    Args:
        default: The value where none is given; its type is the field's.
        help_text: A line for `--help`.
        choices: Allowed values; None allows all.
        minimum: Least value of a number, or of each number in a tuple; None sets no bound.
        before: Value of configurations that were written before the field existed, if that is not the default.
        absent: `{value: what serves instead}` of choices that one may look for and that are not there.
    """
    metadata = {"help": help_text, "choices": choices, "minimum": minimum, "absent": absent or {}}
    return dataclasses.field(default=default, metadata=metadata | {"before": default if before is None else before})


def check_fields(config: Any) -> None:
    """Refuses a configuration with a value that breaks its field's rule.

    Raises:
        ConfigError: The first such field, by name, with the rule.
    """
    for field in dataclasses.fields(config):
        value, choices, minimum = getattr(config, field.name), field.metadata["choices"], field.metadata["minimum"]
        where = f"{type(config).__name__}.{field.name}"
        kind = type(field.default)
        if not isinstance(value, (int, float) if kind is float else kind):
            raise ConfigError(f"{where} is {value!r}; it must be of type {kind.__name__}.")
        if value in field.metadata["absent"]:
            raise ConfigError(f"{where} is {value!r}; {field.metadata['absent'][value]}.")
        if choices is not None and value not in choices:
            raise ConfigError(f"{where} is {value!r}; choose from {list(choices)}.")
        if isinstance(value, float) and math.isinf(value):
            raise ConfigError(f"{where} is {value!r}; it must be a finite number.")
        if minimum is None:
            continue
        if isinstance(field.default, tuple) and not value:
            raise ConfigError(f"{where} is empty; give at least one number.")
        for number in value if isinstance(value, tuple) else (value,):
            if not number >= minimum:
                raise ConfigError(f"{where} is {value!r}; it must be at least {minimum}.")
