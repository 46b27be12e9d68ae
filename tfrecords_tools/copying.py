"""Copies some days of a data set, each request rewritten on the way (docs/data-contract.md)."""

import dataclasses
import functools
import pathlib
import shutil
from collections.abc import Callable, Collection, Sequence
from typing import Any

import tensorflow as tf

from tfrecords_tools import folder
from tfrecords_tools.checks import check_requests
from tfrecords_tools.contents import contents_of
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.files import atomically, inside
from tfrecords_tools.item_table.table import ItemTable, table_of
from tfrecords_tools.manifest import Manifest, Shard
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.printable import listed
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.records import batched, read_batches, read_file, verified
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.statistics import SplitStatistics

Rewrite = Callable[[Sequence[bytes]], Requests]  # serialized requests of the old schema to those of the new one


def copy_days(
    parent: Manifest,
    out: pathlib.Path,
    *,
    days: Collection[str],
    schema: Schema,
    rewrite: Rewrite,
    source: dict[str, Any],
    eval_from: str = "",
    requests_per_batch: int = 512,
) -> Manifest:
    """Writes the requests of some days again, as `rewrite` makes them; the item corpus and the item table stay.

    An interrupted copy goes on after its last finished shard, and ends with the bytes of an undisturbed one.

    Args:
        parent: Manifest of the data set to copy.
        out: The new data set's folder.
        days: The days to keep, such as `2017-03-01`.
        schema: Schema of the new data set, with the same item features.
        rewrite: Makes the new requests, in their order.
        source: The new manifest's `source`.
        eval_from: First day of the new split eval, days before it are train; empty: each day stays in its split.
        requests_per_batch: Most requests in one call of `rewrite`; fewer where lists are long.

    Raises:
        DataError: A day that the data set lacks, requests that break the data contract, or `out` holds something else.
    """
    _require_days(parent, days)
    with folder.building(out, schema=schema, source=source, resume=True) as done:
        if done is not None:
            return done
        _copy_files(parent, out)
        copier = _Copier(schema, parent, out, rewrite, parent.at_once(requests_per_batch), eval_from)
        splits, columns = copier.copy(days)
        manifest = dataclasses.replace(
            parent,
            folder=out,
            schema_fingerprint=schema.fingerprint(),
            source=source,
            columns=columns,
            splits={name: {"shards": shards, **counts.to_dict()} for name, (shards, counts) in splits.items()},
            statistics=splits["train"][1].statistics(),
        )
        return folder.seal(schema, manifest)


@dataclasses.dataclass
class _Copier:
    """Copies shard by shard."""

    schema: Schema
    parent: Manifest
    out: pathlib.Path
    rewrite: Rewrite
    requests_per_batch: int
    eval_from: str
    columns: tuple[str, ...] | None = None

    def copy(
        self, days: Collection[str]
    ) -> tuple[dict[str, tuple[list[dict[str, Any]], SplitStatistics]], tuple[str, ...]]:
        """`{split: (manifest entries, counts)}` and the optional columns."""
        splits: dict[str, tuple[list[dict[str, Any]], SplitStatistics]] = {}
        work = [(split, shard) for split in sorted(self.parent.splits) for shard in self._shards(split, days)]
        if self.eval_from:
            work.sort(key=lambda each: each[1].day)  # a split's shards come in the order of time
        for split in self.parent.splits:
            splits[split] = ([], SplitStatistics(self.schema))
        for old, shard in progress_bar(work, unit=" shards", desc=self.out.name):
            split = self._split(old, shard)
            entries, counts = splits[split]
            entries.append(self._copy_shard(shard, split, counts))
        return splits, self.columns or ()

    def _split(self, old: str, shard: Shard) -> str:
        if not self.eval_from:
            return old
        return "eval" if shard.day >= self.eval_from else "train"

    def _shards(self, split: str, days: Collection[str]) -> tuple[Shard, ...]:
        return verified(self.parent.shards(split, days=set(days) & set(self.parent.days(split))))

    def _copy_shard(self, shard: Shard, split: str, counts: SplitStatistics) -> dict[str, Any]:
        relative = pathlib.Path(split, *shard.path.relative_to(self.parent.folder).parts[1:])
        path = inside(self.out, str(relative), said_by=str(self.parent.folder))
        if path.exists():  # finished before an interruption: read back, so that the counts come out the same
            for batch in batched(read_file(path), size=self.requests_per_batch):
                self._add(self._decoded(batch), counts)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomically(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
                for batch in read_batches(shard, size=self.requests_per_batch):
                    requests = self.rewrite(batch)
                    check_requests(self.schema, requests)
                    self._add(requests, counts)
                    for record in encode_requests(self.schema, requests, compact=self.parent.compact):
                        writer.write(record)
        size = {"requests": shard.requests, "pairs": shard.pairs}
        return {"path": str(relative), "day": shard.day, **size, **contents_of(path)}

    @functools.cached_property
    def _table(self) -> ItemTable | None:
        return table_of(self.parent, self.schema)

    def _decoded(self, batch: Sequence[bytes]) -> Requests:
        return decode_requests(self.schema, batch, self._columns_of(batch[0]), items=self._table)

    def _add(self, requests: Requests, counts: SplitStatistics) -> None:
        columns = optional_columns(self.schema, requests)
        if self.columns is not None and columns != self.columns:
            raise DataError(
                f"{self.out}: every request must have the same columns; earlier ones have {list(self.columns)}, "
                f"a later one {list(columns)}"
            )
        self.columns = columns
        counts.add(requests)

    def _columns_of(self, record: bytes) -> tuple[str, ...]:
        keys = tf.train.Example.FromString(record).features.feature
        labels = tuple(f"label/{task}" for task in self.schema.task_names if f"label/{task}" in keys)
        return labels + tuple(column for column in self.parent.columns if not column.startswith("label/"))


def _require_days(parent: Manifest, days: Collection[str]) -> None:
    parent.require_requests()
    known = [day for split in parent.splits for day in parent.days(split)]
    unknown = set(days) - set(known)
    if unknown or not days:
        came = f"no day {min(unknown)}" if unknown else "no day asked for"
        raise DataError(f"{came}; {parent.folder} has {min(known)} to {max(known)}: {listed(sorted(known))}")


def _copy_files(parent: Manifest, out: pathlib.Path) -> None:
    """Copies what stays as it is: the item corpus and the item table."""
    shards, parts = verified(parent.item_shards()), verified(parent.table_parts())
    for copied in [shard.path for shard in shards] + [part.path for part in parts]:
        path = inside(out, str(copied.relative_to(parent.folder)), said_by=str(parent.folder))
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomically(path) as temporary:
            shutil.copyfile(copied, temporary)
