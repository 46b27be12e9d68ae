"""The JSON of a measured table: an improvement lies flat among the other keys of its cell (paper section 3.2)."""

import dataclasses
import json
import pathlib
from typing import Any, TypeVar

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.measures.improvement import Improvement
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

T = TypeVar("T")

_FLAT = "improvement"  # the cell's field whose keys are the cell's own; others are objects of their own


def save(table: Any, path: pathlib.Path) -> None:
    """Writes a table, a dataclass with `cells` or without, as JSON, whole or not at all."""
    plain = structure.plain(table)
    if "cells" in plain:
        plain["cells"] = [_flat(cell) for cell in plain["cells"]]
    write_text(path, json.dumps(plain, indent=1) + "\n")


def load(path: pathlib.Path, table: type[T], *, title: str) -> T:
    """The table that `save` wrote, a dataclass with `cells`.

    Args:
        path: File to read.
        table: Class of the table.
        title: Name of the table, for errors.

    Raises:
        ConfigError: No such file, or another one; it names the file.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        return structure.structure(plain | {"cells": [_nested(cell) for cell in plain["cells"]]}, table)
    except KeyError as error:
        raise ConfigError(f"{path} is no {title} of this version: it needs the field {error}") from error
    except (OSError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is no {title} of this version: {error}") from error


def _nested(plain: dict[str, Any]) -> dict[str, Any]:
    """A cell whose improvement is an object of its own; an empty object is of an older version."""
    keys = {structure.stored_name(field) for field in dataclasses.fields(Improvement)}
    own = {name: value for name, value in plain.items() if name not in keys and value != {}}
    return {**own, _FLAT: {name: value for name, value in plain.items() if name in keys}}


def _flat(cell: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in cell.items():
        found |= value if name == _FLAT else {name: value}
    return found
