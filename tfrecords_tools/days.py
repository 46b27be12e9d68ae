"""Writes requests day by day (or hour by hour), and hands back what a manifest needs (docs/data-contract.md)."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tfrecords_tools.checks import check_requests
from tfrecords_tools.cut import Cut
from tfrecords_tools.events import repair_events
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.item_table.part import PartWriter
from tfrecords_tools.partition import Partition
from tfrecords_tools.parts import DayParts
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.statistics import SplitStatistics


@dataclasses.dataclass(kw_only=True)
class Day:
    """One written partition.

    Attributes:
        split: `train` or `eval`.
        day: The partition's name, such as `2017-03-01`.
        columns: The optional columns of its requests.
        statistics: Counts of each block, in order; a data set merges them block by block, whoever wrote the blocks.
        shards: The manifest's entries.
        item_table: The entry of the item table's part that ends with this day; empty for any other day.
    """

    split: str
    day: str
    columns: tuple[str, ...]
    statistics: list[SplitStatistics] = dataclasses.field(default_factory=list)
    shards: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    item_table: list[dict[str, Any]] = dataclasses.field(default_factory=list)


def write_days(out: pathlib.Path, *, schema: Schema, requests: Iterable[Requests], cut: Cut) -> Iterator[Day]:
    """Writes the shards of whole partitions; yields each once its shards have their names.

    Compact requests share one part of the item table, which is complete with the last of them.

    Args:
        out: The data set's folder.
        schema: Schema of the data set.
        requests: Blocks of any size, in non-decreasing order of partitions.
        cut: How they become shards.

    Raises:
        DataError: A request that breaks the data contract, partitions out of order, or blocks with other columns.
    """
    current: Day | None = None
    parts: DayParts | None = None
    table: PartWriter | None = None
    for day, block in _checked(schema, requests, cut.partition):
        block, repaired = repair_events(schema, block) if cut.repair_events else (block, {})
        columns = optional_columns(schema, block)
        if current is not None:
            require_same_columns(current.columns, columns)
        if current is None or parts is None or current.day != day:
            if current is not None and parts is not None:
                yield dataclasses.replace(current, shards=parts.close())
            current = Day(split=cut.split(day), day=day, columns=columns)
            place = out / current.split / cut.partition.folder(day)
            parts = DayParts(out, place, day=day, requests_per_shard=cut.requests_per_shard)
        if cut.compact:
            table = table or _part_from(out, schema, day, cut.partition, block)
            block = table.place(block)
        parts.write(encode_requests(schema, block, compact=cut.compact), block.lengths)
        current.statistics.append(SplitStatistics.of(schema, block, repaired=repaired))
    if current is not None and parts is not None:
        yield dataclasses.replace(current, shards=parts.close(), item_table=[table.close()] if table else [])


def _part_from(out: pathlib.Path, schema: Schema, day: str, partition: Partition, block: Requests) -> PartWriter:
    """The part of the item table that begins with a day, whose number it has."""
    number = int(partition.number(block.timestamp[0]))
    return PartWriter(out, schema=schema, number=number, folder=partition.folder(day))


def require_same_columns(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Refuses requests that have other optional columns than earlier ones.

    Raises:
        DataError: They differ; it names both.
    """
    if now != before:
        rule = "a key is in every record of a data set or in none"
        raise DataError(f"optional columns: {rule}; earlier blocks have {list(before)}, this one {list(now)}")


def _checked(schema: Schema, blocks: Iterable[Requests], partition: Partition) -> Iterator[tuple[str, Requests]]:
    """Checked blocks, cut where the partition changes."""
    last = None
    for block in blocks:
        if len(block.request_id) == 0:
            continue
        check_requests(schema, block)
        days = partition.number(block.timestamp)
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for start, stop in itertools.pairwise(cuts):
            if last is not None and days[start] < last:
                name = block.request_id[start].decode(errors="replace")
                raise DataError(
                    f"request {name}, timestamp: requests come in non-decreasing order of {partition.plural}; "
                    f"it is of {partition.name(days[start])}, after {partition.name(last)}"
                )
            last = days[start]
            yield partition.name(last), block.rows(start, stop)
