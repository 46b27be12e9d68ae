"""Which JSON a manifest is: of the types that its readers count on, whoever wrote it (docs/data-contract.md)."""

import pathlib
from collections.abc import Mapping
from typing import Any

from tfrecords_tools.requests import DataError

_SHARD = {"path": str, "day": str, "requests": int, "pairs": int, "bytes": int}
_ITEM_SHARD = {"path": str, "items": int, "bytes": int}
_SPLIT = {"shards": list, "requests": int, "pairs": int, "slices": dict, "presence": dict}
_ITEMS = {"shards": list, "items": int, "products": dict}
_MANIFEST = {
    "schema_fingerprint": str,
    "source": dict,
    "columns": list,
    "splits": dict,
    "items": dict,
    "statistics": dict,
}
_OPTIONAL = {"digest": str}


def require_shape(plain: dict[str, Any], path: pathlib.Path) -> None:
    """Refuses a manifest whose fields are not those of its format.

    Raises:
        DataError: It names the field.
    """
    _require(plain, _MANIFEST, where=str(path))
    if not all(isinstance(column, str) for column in plain["columns"]):
        raise _wrong(f"{path}, columns", "a list of names", plain["columns"])
    for name, split in plain["splits"].items():
        where = f"{path}, splits, {name}"
        _require(split, _SPLIT, where=where)
        _require_each(split["shards"], _SHARD, where=f"{where}, shards")
    _require(plain["items"], _ITEMS, where=f"{path}, items")
    _require_each(plain["items"]["shards"], _ITEM_SHARD, where=f"{path}, items, shards")


def _require_each(entries: list[Any], fields: Mapping[str, type], *, where: str) -> None:
    for number, entry in enumerate(entries):
        _require(entry, fields, where=f"{where}, {number}", optional=_OPTIONAL)


def _require(plain: Any, fields: Mapping[str, type], *, where: str, optional: Mapping[str, type] | None = None) -> None:
    if not isinstance(plain, dict):
        raise _wrong(where, "an object", plain)
    for name in fields:
        if name not in plain:
            raise DataError(f"{where}: it lacks {name!r}; build the data set again")
    known = {**fields, **(optional or {})}
    for name, value in plain.items():
        if name not in known:
            raise DataError(f"{where}: no field {name!r}; it has {list(known)}; build the data set again")
        if not isinstance(value, known[name]) or isinstance(value, bool):
            raise _wrong(f"{where}, {name}", f"of type {known[name].__name__}", value)


def _wrong(where: str, rule: str, came: Any) -> DataError:
    return DataError(f"{where}: {rule} is the rule; it is {str(came)[:60]!r}; build the data set again")
