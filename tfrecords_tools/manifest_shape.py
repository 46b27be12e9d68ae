"""Which JSON a manifest is: of the types that its readers count on, whoever wrote it (docs/data-contract.md)."""

import dataclasses
import pathlib
from typing import Any

from tfrecords_tools.requests import DataError
from tfrecords_tools.structure import StructureError, structure


@dataclasses.dataclass(kw_only=True)
class Shard:
    """An entry of a split's `shards`."""

    path: str
    day: str
    requests: int
    pairs: int
    bytes: int
    digest: str = ""


@dataclasses.dataclass(kw_only=True)
class ItemShard:
    """An entry of the item corpus's `shards`."""

    path: str
    items: int
    bytes: int
    digest: str = ""


@dataclasses.dataclass(kw_only=True)
class Split:
    """An entry of `splits`."""

    shards: list[Shard]
    requests: int
    pairs: int
    slices: dict[str, Any]
    presence: dict[str, Any]


@dataclasses.dataclass(kw_only=True)
class Items:
    """The item corpus."""

    shards: list[ItemShard]
    items: int
    products: dict[str, Any]


@dataclasses.dataclass(kw_only=True)
class TablePart:
    """An entry of `item_table`."""

    path: str
    part: int
    rows: int
    bytes: int
    digest: str


@dataclasses.dataclass(kw_only=True)
class Manifest:
    """The whole file, without its format and its digest."""

    schema_fingerprint: str
    source: dict[str, Any]
    columns: list[str]
    splits: dict[str, Split]
    items: Items
    statistics: dict[str, Any]
    item_table: list[TablePart] = dataclasses.field(default_factory=list)


def require_format(plain: dict[str, Any], path: pathlib.Path, *, reads: int) -> None:
    """Takes the format out of a manifest.

    Args:
        plain: What the file holds.
        path: Path of the file.
        reads: Format that this version reads.

    Raises:
        DataError: The manifest of embeddings, or another format.
    """
    if "splits" not in plain and "stamp" in plain:
        raise DataError(f"{path.parent} holds embeddings, no data set; name what convert or mtmd_tf.jobs.label wrote")
    if plain.pop("format", None) != reads:
        raise DataError(f"{path}: this version reads format {reads} only; build the data set again")


def require_shape(plain: dict[str, Any], path: pathlib.Path) -> None:
    """Refuses a manifest whose fields are not those of its format.

    Raises:
        DataError: It names the field.
    """
    try:
        structure(plain, Manifest)
    except StructureError as error:
        raise DataError(f"{path}: {error}; build the data set again") from error
