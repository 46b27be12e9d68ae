"""Reads every record of a data set and holds it against the data contract and the manifest."""

import dataclasses
import functools
import itertools
import pathlib
from collections.abc import Callable, Generator, Iterator
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

from tfrecords_tools.checks import check_candidates, check_items, check_requests
from tfrecords_tools.contents import contents_of
from tfrecords_tools.item_table.table import table_of
from tfrecords_tools.manifest import ItemShard, Manifest, Shard
from tfrecords_tools.parsing import decode_items, decode_requests
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.records import batched, read_file
from tfrecords_tools.remarks import remarks
from tfrecords_tools.requests import DataError, Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.specs import item_parsing_spec, parsing_spec
from tfrecords_tools.statistics import SplitStatistics

_BATCH = 512


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """What a validation found.

    Attributes:
        records: Requests and items that were read.
        problems: Problems, one line each, in the order in which they were found.
        remarks: Remarks that are not problems but should be looked at, one line each.
    """

    records: int
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def validate(folder: str | pathlib.Path, *, max_errors: int = 1) -> Report:
    """Reads all of a data set, and stops at `max_errors` problems; 0 lists them all.

    Raises:
        DataError: There is no manifest, or the schema beside it is another one.
    """
    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.check_schema(schema)
    check = _Check(manifest, schema)
    problems = tuple(itertools.islice(check.problems(), max_errors or None))
    return Report(records=check.records, problems=problems, remarks=tuple(remarks(manifest, schema)))


class _Check:
    """One pass over a data set, with what it must remember from record to record."""

    def __init__(self, manifest: Manifest, schema: Schema) -> None:
        self._manifest, self._schema = manifest, schema
        self._keys = {"requests": _request_keys(schema, manifest), "items": set(item_parsing_spec(schema))}
        self._request_ids: set[bytes] = set()
        self._item_ids: set[bytes] = set()
        self.records = 0

    def problems(self) -> Iterator[str]:
        """Every problem, as soon as it is found."""
        found = False
        try:
            self._table = table_of(self._manifest, self._schema)
        except DataError as error:
            yield str(error)
            yield from self._all_items()  # without the table, no request can be read
            return
        for problem in itertools.chain(self._all_items(), self._all_requests()):
            found = True
            yield problem
        if not found:  # a broken record would make every count wrong as well
            yield from self._counts()

    def _all_items(self) -> Iterator[str]:
        for shard in self._manifest.item_shards():
            held = yield from self._scan(shard.path, self._items, lambda items: self._item_ids.update(items.item_id))
            if held is not None:
                yield from _refuted(shard, {"items": held, **contents_of(shard.path)})

    def _all_requests(self) -> Iterator[str]:
        self._statistics = {split: SplitStatistics(self._schema) for split in sorted(self._manifest.splits)}
        shards = [(split, shard) for split in self._statistics for shard in self._manifest.shards(split)]
        for split, shard in progress_bar(shards, unit=" shards", desc="validate"):
            counts = self._statistics[split]
            pairs = counts.pairs
            held = yield from self._scan(
                shard.path, functools.partial(self._requests, day=shard.day), self._keep(counts)
            )
            if held is None:
                continue
            came = {"requests": held, "pairs": counts.pairs - pairs, **contents_of(shard.path)}
            yield from _refuted(shard, came)

    def _counts(self) -> Iterator[str]:
        for split, counts in self._statistics.items():
            yield from _differences(f"split {split}", self._manifest.splits[split], counts.to_dict())
        if len(self._item_ids) != self._manifest.items["items"]:
            yield f"items: the manifest says {self._manifest.items['items']}; the shards hold {len(self._item_ids)}"

    def _scan(
        self, path: pathlib.Path, parse: Callable[[list[bytes]], Any], keep: Callable[[Any], None]
    ) -> Generator[str, None, int | None]:
        """Reads a file in batches, a broken batch again one by one; returns how many records, None after a problem."""
        count, sound = 0, True
        batches = batched(read_file(path), size=_BATCH)
        while True:
            try:
                batch = next(batches, None)
            except DataError as error:
                yield str(error)
                return None
            if batch is None:
                return count if sound else None
            try:
                keep(parse(batch))
            except DataError:
                sound = False
                for number, record in enumerate(batch, count):
                    try:
                        keep(parse([record]))
                    except DataError as error:
                        yield f"{path}, record {number}: {error}"
            count += len(batch)
            self.records += len(batch)

    def _keep(self, counts: SplitStatistics) -> Callable[[Requests], None]:
        def keep(requests: Requests) -> None:
            self._request_ids.update(requests.request_id)
            counts.add(requests)

        return keep

    def _requests(self, batch: list[bytes], *, day: str) -> Requests:
        _require_keys(batch, self._keys["requests"])
        requests = decode_requests(self._schema, batch, self._manifest.columns, items=self._table)
        check_requests(self._schema, requests)
        check_candidates(requests)
        partition = self._manifest.partition
        for name, number in zip(requests.request_id, partition.number(requests.timestamp).tolist(), strict=True):
            own = partition.name(number)
            if own != day:
                rule = f"its folder's {partition.kind} {day}"
                raise DataError(f"request {name.decode(errors='replace')}, timestamp: {rule}; it is of {own}")
            if name in self._request_ids:
                raise DataError(
                    f"request {name.decode(errors='replace')}, request_id: unique in the data set; it came before"
                )
        return requests

    def _items(self, batch: list[bytes]) -> Items:
        _require_keys(batch, self._keys["items"])
        items = decode_items(self._schema, batch)
        check_items(self._schema, items)
        again = self._item_ids.intersection(items.item_id)
        if again:
            raise DataError(
                f"item {min(again).decode(errors='replace')}, item/id: unique in the item corpus; it came before"
            )
        return items


def _refuted(shard: Shard | ItemShard, came: dict[str, int | str]) -> Iterator[str]:
    digest = came.pop("digest")
    sound = True
    for what, found in came.items():
        if found != getattr(shard, what):
            yield f"{shard.path}: the manifest says {getattr(shard, what)} {what}; the file holds {found}"
            sound = False
    if sound and shard.digest and digest != shard.digest:
        yield f"{shard.path}: holds other records than those that the manifest describes"


def _request_keys(schema: Schema, manifest: Manifest) -> set[str]:
    if manifest.compact:
        return set(parsing_spec(schema, manifest.columns, compact=True))
    lengths = {f"item/lengths/{f.name}" for f in schema.features_of("item") if f.kind == "ragged"}
    return set(parsing_spec(schema, manifest.columns)) | lengths


def _require_keys(batch: list[bytes], keys: set[str]) -> None:
    for record in batch:
        try:
            came = set(tf.train.Example.FromString(record).features.feature)
        except DecodeError as error:
            raise DataError(f"a record is a serialized tf.train.Example; this one is not ({error})") from error
        if came != keys:
            rule = "a record has the schema's keys and the manifest's columns"
            raise DataError(f"{rule}; missing {sorted(keys - came)}, unknown {sorted(came - keys)}")


def _differences(where: str, said: dict, held: dict) -> Iterator[str]:
    """Where the manifest is not what was counted; means are left out, as their rounding may differ."""
    for key, value in held.items():
        if isinstance(value, dict):
            yield from _differences(f"{where}, {key}", said.get(key, {}), value)
        elif key not in ("label_mean", "lowered_mean") and said.get(key) != value:
            yield f"{where}, {key}: the manifest says {said.get(key)}; the records give {value}"
