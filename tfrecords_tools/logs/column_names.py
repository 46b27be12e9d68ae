"""The columns that a log must have, may have and has for nobody."""

import difflib
import pathlib
import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
from absl import logging

from tfrecords_tools.dtypes import ARROW_TYPES
from tfrecords_tools.logs.files import folder_values
from tfrecords_tools.partition import REQUEST, Partition
from tfrecords_tools.printable import LISTED, few, listed
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Feature, Schema

REQUIRED = ("request_id", "timestamp", "surface", "item/id", "item/product")
_OTHER_SEPARATORS = (";", "\t", "|")


def needed_columns(schema: Schema, partition: Partition) -> list[str]:
    """The columns that every log has: those of the record and those of the features."""
    required = [name for name in REQUIRED if name != "timestamp" or partition.kind != REQUEST]
    return [*required, *(feature.key for feature in schema.features)]


def require_columns(path: pathlib.Path, needed: Sequence[str], found: Sequence[str], partition: Partition) -> None:
    """Refuses a file that lacks a column.

    Raises:
        DataError: It names file and column, and a column that may be the one that was meant.
    """
    if partition.kind == REQUEST and "timestamp" in found:
        rule = "--partition=request is for logs without times; cut this one by day, hour or minute"
        raise DataError(f"{path}: column 'timestamp' is there; {rule}")
    missing = [column for column in needed if column not in found]
    if missing:
        others = [n for n in found if n not in needed]
        hint = _numbered(missing[0], found) or _struct(missing[0], found) or did_you_mean(missing[0], others)
        hint = hint or _of_a_folder(path, missing[0])
        if len(found) == 1 and any(separator in found[0] for separator in _OTHER_SEPARATORS):
            hint = " (the values of a CSV file are separated by commas)"
        elif len(missing) == len(needed) and not hint:
            hint = " (none is there: the first line of a CSV file names its columns)"
        elif missing[0] == "timestamp" and not hint:
            hint = " (a log without times is cut by --partition=request)"
        elif missing[0] == "request_id" and not hint:
            hint = " (where the log has none, make every row a request of its own: 'row0', 'row1' and so on)"
        more = f"; {len(missing) - 1:,} others are missing too" if len(missing) > 1 else ""
        raise DataError(
            f"{path}: column {missing[0]!r} is missing{hint}; it needs {listed(needed)}; it has {listed(found)}{more}"
        )


def _numbered(name: str, found: Sequence[str]) -> str:
    """In brackets, what to do with the columns that hold the numbers of a list one by one, as `emb_0` and `emb_1`."""
    parts = [column for column in found if re.fullmatch(rf"{re.escape(name)}[_.-]?\[?[0-9]+\]?", column)]
    if len(parts) < 2:
        return ""
    return f" (join the {len(parts):,} columns {parts[0]!r} to {parts[-1]!r} to one, of lists)"


def _struct(name: str, found: Sequence[str]) -> str:
    """In brackets, what to do with a column `query` that holds the features as fields, as nested tables have them."""
    outer = name.partition("/")[0]
    return f" (if {outer!r} holds it as a field, give each field a column: {name!r})" if outer in found else ""


def _of_a_folder(path: pathlib.Path, name: str) -> str:
    """In brackets, a folder `dt=2026-11-01` that may hold what is missing: by its name or, of a time, by its value."""
    around = {key: value for key, value in folder_values(path).items() if value}
    for key, value in around.items():
        if name == "timestamp" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", value):
            return (
                f" (if the folder {key}={value} says it, name it timestamp={value}, and all rows are of its midnight)"
            )
    return did_you_mean(name, list(around)).replace("'?)", "=' in the names of folders?)")


def did_you_mean(name: str, choices: Sequence[str]) -> str:
    """In brackets, the choice that is nearest to a name; nothing where none is near."""
    if f"event/{name}" in choices:  # what happened to the task of this name, rather than a ranker's score for it
        return f" (did you mean 'event/{name}'?)"
    plain = {_plain(choice): choice for choice in choices}
    near = difflib.get_close_matches(_plain(name), plain, n=1)
    return f" (did you mean {plain[near[0]]!r}?)" if near else ""


def _plain(name: str) -> str:
    """A name without what differs first: capitals, blanks, the kind of dash."""
    return re.sub(r"[\s_.-]+", "_", name.strip().casefold())


def column_types(schema: Schema) -> dict[str, pa.DataType]:
    """The Arrow type of every column that a log may have."""
    types = {name: pa.binary() for name in REQUIRED} | {"timestamp": pa.int64()}
    types |= {feature.key: _type(feature) for feature in schema.features}
    types |= {f"label/{task}": pa.float32() for task in schema.task_names}
    types |= {f"event/{task}": pa.int64() for task in schema.task_names}
    return types | {"weight": pa.float32(), "bid": pa.float32()}


def catalog_columns(schema: Schema) -> list[str]:
    """The columns that every item catalog has: id, product and those of the item features."""
    return ["item/id", "item/product", *(feature.key for feature in schema.features_of("item"))]


def warn_of_unread(unread: Iterable[str], others: Sequence[str]) -> None:
    """Says which columns nobody reads, and which of `others` may have been meant."""
    if said := [repr(name) + did_you_mean(name, others) for name in unread]:
        logging.warning("columns that nobody reads: %s", few(said, most=LISTED))


def _type(feature: Feature) -> pa.DataType:
    token = ARROW_TYPES[feature.dtype]
    return pa.list_(token) if feature.kind in ("ragged", "dense") else token


def optional_columns(path: pathlib.Path, schema: Schema, found: list[str]) -> tuple[str, ...]:
    """The optional columns of a file that has the columns `found`, in the manifest's order.

    Raises:
        DataError: A label or an event of no task.
    """
    choices = [f"label/{task}" for task in schema.task_names] + [f"event/{task}" for task in schema.task_names]
    for name in found:
        if name.startswith(("label/", "event/")) and name not in choices:
            raise DataError(f"{path}: column {name!r} is of no task of the schema; its tasks have {listed(choices)}")
    return tuple(name for name in (*choices, "weight", "bid") if name in found)
