"""The folder of results: the record of each run, and the table that was measured (paper section 3.2)."""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.reporting.html import page
from tfrecords_tools.files import write_text

_RECORDS = "runs"

T = TypeVar("T")


def keep(records: Iterable[Record], results: pathlib.Path) -> tuple[str, ...]:
    """Writes the records of a table's runs, and removes those of another order, which would be taken for its.

    Returns:
        The names of the runs whose records it removed.

    Raises:
        ConfigError: As `require_records`.
    """
    require_records(results)
    before = {path.stem for path in (results / _RECORDS).glob("*.json")}
    (results / _RECORDS).mkdir(parents=True, exist_ok=True)
    for record in records:
        record.save(results / _RECORDS / f"{record.run}.json")
        before.discard(record.run)
    for name in before:
        (results / _RECORDS / f"{name}.json").unlink()
    return tuple(sorted(before))


def require_records(results: pathlib.Path) -> None:
    """Refuses a folder of results whose folder of records holds something else: what `keep` removes would be lost.

    Raises:
        ConfigError: It names the file.
    """
    for path in sorted((results / _RECORDS).glob("*")):
        rule = f"{results / _RECORDS} may hold records of runs alone; choose another --results"
        if path.suffix != ".json":
            raise ConfigError(f"{path} is no record of a finished run; {rule}.")
        Record.load(path)


def kept(results: pathlib.Path, names: Iterable[str]) -> dict[str, Record]:
    """`{run: its record}` of the named runs.

    Raises:
        ConfigError: One is missing or broken.
    """
    records = {}
    for name in names:
        if not (results / _RECORDS / f"{name}.json").exists():
            raise ConfigError(f"{results / _RECORDS} lacks the record of {name}.")
        records[name] = Record.load(results / _RECORDS / f"{name}.json")
    return records


def all_kept(results: pathlib.Path) -> tuple[Record, ...]:
    """The records of all runs of a table, ordered by name.

    Raises:
        ConfigError: One is broken.
    """
    return tuple(Record.load(path) for path in sorted((results / _RECORDS).glob("*.json")))


def write_report(text: str, path: pathlib.Path) -> None:
    """Writes a report's Markdown into `path` and, beside it, an HTML page of the same with its figures inside.

    Raises:
        FileNotFoundError: A figure that is not there.
    """
    write_text(path.with_suffix(".html"), page(text, folder=path.parent))
    write_text(path, text)


def save(table: Any, path: pathlib.Path) -> None:
    """Writes a table, a dataclass, as JSON, whole or not at all."""
    write_text(path, json.dumps(dataclasses.asdict(table), indent=1) + "\n")


def load(path: pathlib.Path, table: type[T], *, cell: Callable[..., Any], title: str) -> T:
    """The table that `save` wrote, a dataclass with `cells`.

    Raises:
        ConfigError: No such file, or another one; it names the file.
    """
    try:
        found = {name: _tuples(value) for name, value in json.loads(path.read_text(encoding="utf-8")).items()}
        return table(**{**found, "cells": tuple(cell(**each) for each in found["cells"])})
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path} is no {title} of this version: {error}") from error


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _tuples(each) for name, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
