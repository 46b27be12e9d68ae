"""Writes requests day by day, and hands back of each day what a manifest needs (docs/data-contract.md)."""

import dataclasses
import datetime
import itertools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tfrecords_tools.checks import check_requests
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.parts import DayParts
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.tally import Tally

SECONDS_A_DAY = 86_400


@dataclasses.dataclass(kw_only=True)
class Day:
    """One written day.

    Attributes:
        split: `train` or `eval`.
        day: `YYYY-MM-DD`.
        columns: The optional columns of its requests.
        tallies: One a block, in order: counts of a data set are merged block by block, whoever wrote the blocks.
        shards: The manifest's entries.
    """

    split: str
    day: str
    columns: tuple[str, ...]
    tallies: list[Tally] = dataclasses.field(default_factory=list)
    shards: list[dict[str, Any]] = dataclasses.field(default_factory=list)


def write_days(
    out: pathlib.Path, *, schema: Schema, requests: Iterable[Requests], eval_from: str, requests_per_shard: int
) -> Iterator[Day]:
    """Writes the shards of whole days; yields each day once its shards have their names.

    Args:
        out: The data set's folder.
        schema: Its schema.
        requests: Blocks of any size, in non-decreasing order of days.
        eval_from: The first day of the eval split.
        requests_per_shard: Most requests in one file.

    Raises:
        DataError: A request that breaks the data contract, days out of order, or blocks with other columns.
    """
    current: Day | None = None
    parts: DayParts | None = None
    for day, block in _checked(schema, requests):
        columns = optional_columns(schema, block)
        if current is not None:
            require_same_columns(current.columns, columns)
        if current is None or parts is None or current.day != day:
            if current is not None and parts is not None:
                yield dataclasses.replace(current, shards=parts.close())
            current = Day(split="eval" if day >= eval_from else "train", day=day, columns=columns)
            parts = DayParts(out, split=current.split, day=day, requests_per_shard=requests_per_shard)
        parts.write(encode_requests(schema, block), block.lengths)
        current.tallies.append(Tally.of(schema, block))
    if current is not None and parts is not None:
        yield dataclasses.replace(current, shards=parts.close())


def day_of(day_number: int) -> str:
    """`YYYY-MM-DD` of a number of days since 1970.

    Raises:
        DataError: A day beyond the year 9999, such as milliseconds give.
    """
    try:
        return (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(day_number))).isoformat()
    except OverflowError as error:
        rule = "seconds since 1970 in UTC are the rule; are these milliseconds?"
        raise DataError(f"timestamp: {rule}; one is of day {int(day_number):,} since 1970") from error


def require_same_columns(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Refuses requests that have other optional columns than earlier ones.

    Raises:
        DataError: They differ; it names both.
    """
    if now != before:
        rule = "a key is in every record of a data set or in none"
        raise DataError(f"optional columns: {rule}; earlier blocks have {list(before)}, this one {list(now)}")


def _checked(schema: Schema, blocks: Iterable[Requests]) -> Iterator[tuple[str, Requests]]:
    """Checked blocks, cut where the day changes."""
    last = None
    for block in blocks:
        if len(block.request_id) == 0:
            continue
        check_requests(schema, block)
        days = block.timestamp // SECONDS_A_DAY
        cuts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for start, stop in itertools.pairwise(cuts):
            if last is not None and days[start] < last:
                name = block.request_id[start].decode(errors="replace")
                raise DataError(
                    f"request {name}, timestamp: requests come in non-decreasing order of days; "
                    f"it is of {day_of(days[start])}, after {day_of(last)}"
                )
            last = days[start]
            yield day_of(last), block.rows(start, stop)
