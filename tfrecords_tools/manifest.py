"""The manifest of a data set: its shards, counts and statistics; present means complete (docs/data-contract.md)."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Collection
from typing import Any

from tfrecords_tools.contents import require_contents
from tfrecords_tools.digests import read_with_digest, with_digest
from tfrecords_tools.files import inside, write_text
from tfrecords_tools.manifest_shape import require_format, require_shape
from tfrecords_tools.partition import Partition
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_difference import refusal

FILE_NAME = "manifest.json"
FORMAT = 2  # 1 had "labelled" and "learnt_to" in it
ITEM_TABLE = "item_table"  # the folder of a compact data set's item table
_PAIRS_AT_ONCE = 102_400  # 512 requests of 200 candidates, which take a few gigabytes at most


@dataclasses.dataclass(frozen=True, kw_only=True)
class _File:
    path: pathlib.Path
    bytes: int
    digest: str = ""  # empty in data sets from before digests existed

    def verify(self, *, tolerant: bool = False) -> None:
        """Raises a DataError where the file is not the one described, as `require_contents` does."""
        require_contents(self.path, size=self.bytes, digest=self.digest, tolerant=tolerant)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shard(_File):
    """One file of requests: its path, its day (the name of its partition), and how much it holds."""

    day: str
    requests: int
    pairs: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ItemShard(_File):
    """One file of the item corpus."""

    items: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class TablePart(_File):
    """One file of the item table; `part` is what records call it."""

    part: int
    rows: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a complete data set holds.

    Attributes:
        folder: The data set's folder; not part of the file.
        schema_fingerprint: Fingerprint of the schema that the records were written with.
        source: `{"name", "arguments"}` of what made the data set.
        columns: The optional keys that every record has, such as `label/ctr`.
        splits: `train` and `eval`, as the file has them; none where there are items alone, without requests.
        items: The item corpus, as the file has it.
        statistics: `{key: {"mean", "std", "min", "max", "present"}}` of numeric features over train.
        item_table: The parts of the item table, as the file has them; none where records hold their items' features.
    """

    folder: pathlib.Path
    schema_fingerprint: str
    source: dict[str, Any]
    columns: tuple[str, ...]
    splits: dict[str, dict[str, Any]]
    items: dict[str, Any]
    statistics: dict[str, dict[str, Any]]
    item_table: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @classmethod
    def load(cls, folder: str | pathlib.Path) -> "Manifest":
        """Reads a data set's manifest.

        Raises:
            DataError: There is none, so the data set is incomplete or not one; another format; or it was changed.
        """
        folder = pathlib.Path(folder)
        path = folder / FILE_NAME
        if not path.exists():
            rule = "the data set is incomplete or not one; build it again"
            raise DataError(f"{folder} holds no {FILE_NAME}: {rule}")
        plain = read_with_digest(path, raises=DataError, rule="restore it or build the data set again")
        require_format(plain, path, reads=FORMAT)
        require_shape(plain, path)
        return cls(folder=folder, **{**plain, "columns": tuple(plain["columns"])})

    def to_json(self) -> str:
        """The text of `manifest.json`: equal manifests give equal bytes."""
        return _text(with_digest(self._plain()))

    def fingerprint(self) -> str:
        """What tells a data set from others, wherever it lies: 16 hexadecimal digits."""
        return hashlib.sha256(_text(self._plain()).encode()).hexdigest()[:16]

    def write(self) -> None:
        """Writes the file, which makes the data set complete."""
        write_text(self.folder / FILE_NAME, self.to_json())

    def check_schema(self, schema: Schema, *, of: str = "") -> None:
        """Refuses a schema that the records were not written with.

        Args:
            schema: Schema to compare with.
            of: What was made by it and is used with this data, such as `the export`; empty: the data set itself.

        Raises:
            DataError: The fingerprints differ; it names both, and what tells the schemas apart.
        """
        if schema.fingerprint() != self.schema_fingerprint:
            raise DataError(refusal(self.folder, schema, fingerprint=self.schema_fingerprint, of=of))

    @property
    def partition(self) -> Partition:
        """How the data set is cut in order of time."""
        return Partition.of_source(self.source)

    def shards(self, split: str, *, days: Collection[str] | None = None) -> tuple[Shard, ...]:
        """The files of a split in order of time, all of them or those of `days`.

        Raises:
            DataError: A split or day that the data set lacks; it lists what there is.
        """
        unknown = set(days or ()) - set(self.days(split))
        if unknown:
            raise DataError(f"no day {min(unknown)} in split {split!r}; it has {listed(self.days(split))}")
        # Before their paths are looked at: whoever asks for each day in turn would look at the square of the days.
        chosen = (s for s in self.split(split)["shards"] if days is None or s["day"] in days)
        return tuple(Shard(**{**s, "path": self._inside(s["path"])}) for s in chosen)

    @property
    def compact(self) -> bool:
        """Whether records name rows of an item table instead of holding their items' features."""
        return bool(self.item_table)

    def table_parts(self) -> tuple[TablePart, ...]:
        """The files of the item table."""
        return tuple(TablePart(**{**part, "path": self._inside(part["path"])}) for part in self.item_table)

    def item_shards(self) -> tuple[ItemShard, ...]:
        """The files of the item corpus, in order."""
        return tuple(ItemShard(**{**s, "path": self._inside(s["path"])}) for s in self.items["shards"])

    def days(self, split: str) -> tuple[str, ...]:
        """The days of a split (its partitions, whatever their length), earliest first.

        Raises:
            DataError: A split that the data set lacks.
        """
        return tuple(sorted({shard["day"] for shard in self.split(split)["shards"]}))

    def split(self, split: str) -> dict[str, Any]:
        """What the file says of a split.

        Raises:
            DataError: A split that the data set lacks, or items alone.
        """
        self.require_requests()
        if split not in self.splits:
            raise DataError(f"no split {split!r} in {self.folder}; it has {sorted(self.splits)}")
        return self.splits[split]

    def require_requests(self) -> None:
        """Refuses items alone, as a catalog becomes.

        Raises:
            DataError: It says who takes them, and what to give instead.
        """
        if not self.splits:
            raise DataError(
                f"{self.folder} has items alone and no requests: `python -m mtmd_tf.jobs.embed_items --data` takes it; "
                "give here a data set that `convert`, `build` or `jobs.label` made"
            )

    def requests(self, split: str) -> int:
        """How many requests a split holds."""
        return self.split(split)["requests"]

    def pairs(self, split: str) -> int:
        """How many pairs a split holds."""
        return self.split(split)["pairs"]

    def at_once(self, requests: int) -> int:
        """How many requests to hold in memory together: `requests`, or fewer where their lists are long."""
        whole, pairs = (sum(split[count] for split in self.splits.values()) for count in ("requests", "pairs"))
        return max(1, min(requests, _PAIRS_AT_ONCE * whole // max(pairs, 1)))

    def above_parent(self, split: str) -> dict[str, int]:
        """Pairs of a split whose label is above the parent task's, by task; only tasks that have some."""
        return self.counted(split, "above_parent")

    def counted(self, split: str, what: str) -> dict[str, int]:
        """What is counted of each task (docs/data-contract.md), over all slices; only tasks that have some."""
        counts: dict[str, int] = {}
        for products in self.split(split)["slices"].values():
            for product in products.values():
                for task, count in product["tasks"].items():
                    if here := count.get(what, 0):
                        counts[task] = counts.get(task, 0) + here
        return counts

    def _plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del plain["folder"]
        if not self.compact:
            del plain["item_table"]
        return {"format": FORMAT, **plain}

    def _inside(self, name: Any) -> pathlib.Path:
        return inside(self.folder, name, said_by=str(self.folder / FILE_NAME))


def _text(plain: dict[str, Any]) -> str:
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
