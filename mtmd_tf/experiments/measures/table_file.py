"""The JSON of a measured table: an improvement lies flat among the other keys of its cell (paper section 3.2)."""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.measures.improvement import Improvement
from tfrecords_tools.files import write_text

T = TypeVar("T")

_FLAT = "improvement"  # the cell's field whose keys are the cell's own; others are objects of their own


def save(table: Any, path: pathlib.Path) -> None:
    """Writes a table, a dataclass, as JSON, whole or not at all."""
    write_text(path, json.dumps(_plain(table), indent=1) + "\n")


def load(path: pathlib.Path, table: type[T], *, cell: Callable[..., Any], title: str) -> T:
    """The table that `save` wrote, a dataclass with `cells`.

    Args:
        path: File to read.
        table: Class of the table.
        cell: Class of its cells.
        title: Name of the table, for errors.

    Raises:
        ConfigError: No such file, or another one; it names the file.
    """
    try:
        found = {name: _tuples(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}
        return table(**{**found, "cells": tuple(_cell(each, kind=cell) for each in found["cells"])})
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is no {title} of this version: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Improvement):
        return value.plain()
    if dataclasses.is_dataclass(value):
        found: dict[str, Any] = {}
        for field in dataclasses.fields(value):
            each = _plain(getattr(value, field.name))
            found |= each if field.name == _FLAT else {field.name: each}
        return found
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _cell(plain: Mapping[str, Any], *, kind: Callable[..., Any]) -> Any:
    keys = [field.name for field in dataclasses.fields(Improvement) if field.name != "value"]
    rest = {name: each for name, each in plain.items() if name not in (_FLAT, *keys)}
    own = {name: _nested(each) if isinstance(each, Mapping) else each for name, each in rest.items()}
    return kind(**own, improvement=Improvement.of_plain(plain))


def _nested(plain: Mapping[str, Any]) -> Improvement | None:
    """An empty one is of an older version."""
    return Improvement.of_plain(plain) if plain else None


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tuples(each) for name, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
