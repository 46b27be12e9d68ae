"""Writes a data set: day-partitioned shards of requests, the item corpus, the manifest last (docs/data-contract.md)."""

import datetime
import itertools
import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import tqdm

from tfrecords_tools import folder
from tfrecords_tools.checks import check_requests
from tfrecords_tools.examples import encode_requests, optional_columns
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parts import DayParts, write_items
from tfrecords_tools.requests import DataError, Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.tally import Tally

SECONDS_A_DAY = 86_400


def write_dataset(
    out: str | pathlib.Path,
    *,
    schema: Schema,
    requests: Iterable[Requests],
    items: Items | Callable[[], Items],
    eval_from: str,
    source: dict[str, Any],
    requests_per_shard: int = 8192,
) -> Manifest:
    """Writes a whole data set; the same arguments give the same bytes.

    Args:
        out: Its folder: a new or empty one, or one where this build was interrupted (it starts again). A complete data
            set of the same `source` and schema is left alone.
        schema: Its schema.
        requests: Blocks of any size, in non-decreasing order of days; only read if there is work to do.
        items: The item corpus, or what gives it once all requests have been read.
        eval_from: The first day of the eval split, `YYYY-MM-DD`; earlier days are train.
        source: `{"name": ..., "arguments": {...}}`, JSON types only: what made the data.
        requests_per_shard: Most requests in one file.

    Returns:
        The manifest.

    Raises:
        DataError: A request or item that breaks the data contract, days out of order, no request at all, or a folder
            that holds something else.
    """
    _require_day(eval_from)
    settings = {"eval_from": eval_from, "requests_per_shard": requests_per_shard}
    source = {**source, "arguments": {**source.get("arguments", {}), **settings}}
    out = pathlib.Path(out)
    done = folder.open_folder(out, schema=schema, source=source)
    if done is not None:
        return done
    tallies = {"train": Tally(schema), "eval": Tally(schema)}
    shards: dict[str, list[dict[str, Any]]] = {"train": [], "eval": []}
    columns: tuple[str, ...] | None = None
    parts: DayParts | None = None
    with tqdm.tqdm(unit=" requests", desc=f"{out.name}", disable=None) as progress:
        for day, block in _days(schema, requests):
            columns = _same_columns(columns, optional_columns(schema, block))
            split = "eval" if day >= eval_from else "train"
            if parts is None or parts.day != day:
                shards = _close(parts, shards)
                parts = DayParts(out, split=split, day=day, requests_per_shard=requests_per_shard)
            parts.write(encode_requests(schema, block), block.lengths)
            tallies[split].add(block)
            progress.update(len(block.request_id))
    if columns is None:
        raise DataError("no request came, so there is no data set to write")
    shards = _close(parts, shards)
    manifest = Manifest(
        folder=out,
        schema_fingerprint=schema.fingerprint(),
        source=source,
        columns=columns,
        splits={split: {"shards": shards[split], **tally.to_dict()} for split, tally in tallies.items()},
        items=write_items(out, schema=schema, items=items() if callable(items) else items),
        statistics=tallies["train"].statistics(),
    )
    return folder.seal(schema, manifest)


def _days(schema: Schema, blocks: Iterable[Requests]) -> Iterator[tuple[str, Requests]]:
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


def day_of(day_number: int) -> str:
    """`YYYY-MM-DD` of a number of days since 1970."""
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(day_number))).isoformat()


def _close(parts: DayParts | None, shards: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    if parts is None:
        return shards
    return {**shards, parts.split: shards[parts.split] + parts.close()}


def _same_columns(before: tuple[str, ...] | None, now: tuple[str, ...]) -> tuple[str, ...]:
    if before is not None and now != before:
        rule = "a key is in every record of a data set or in none"
        raise DataError(f"optional columns: {rule}; earlier blocks have {list(before)}, this one {list(now)}")
    return now


def _require_day(day: str) -> None:
    try:
        datetime.datetime.strptime(day, "%Y-%m-%d")
    except ValueError as error:
        raise DataError(f"eval_from {day!r} is no day; write it as 2017-11-06") from error
