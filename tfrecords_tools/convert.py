"""Turns flat Parquet or CSV logs and a schema into a data set (docs/data-contract.md)."""

import collections
import glob
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from absl import logging

from tfrecords_tools.grouping import ONE_TIMESTAMP, requests_of
from tfrecords_tools.logs import Log
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError, Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.shards import day_of, write_dataset

_ROWS_AT_ONCE = 500_000  # whole days, so a day of more rows is read at once all the same
_EVAL_SHARE = 0.2  # of the days, where nobody says from which day


def convert(
    out: str | pathlib.Path,
    *,
    schema: str | pathlib.Path,
    inputs: Sequence[str],
    eval_from: str | None = None,
    requests_per_shard: int = 8192,
) -> Manifest:
    """Writes a data set from logs of one row a pair.

    The columns are named like the keys of a record: `request_id`, `timestamp` (seconds since 1970, or a date and time
    in UTC), `surface`, `query/<feature>`, `item/id`, `item/product`, `item/<feature>`, `cross/<feature>`, and, if there
    are any, `label/<task>`, `event/<task>`, `weight`, `bid`. Null or empty text means missing. Ragged and dense
    features are lists in Parquet and values separated by `|` in CSV. The rows of a request may stand anywhere; its
    candidates keep the order of files (by name) and rows. The corpus holds every item as its last row in time has it.

    Args:
        out: The data set's folder.
        schema: The schema file.
        inputs: Paths or glob patterns of .parquet and .csv files.
        eval_from: The first day of the eval split, `YYYY-MM-DD`; by default the last fifth of the days is the split.
        requests_per_shard: Most requests in one file.

    Raises:
        DataError: Logs that break the data contract; it names file, column and row, or request and field.
        SchemaError: No schema, or one that contradicts itself.
    """
    loaded = Schema.load(schema)
    paths = [pathlib.Path(match) for pattern in inputs for match in glob.glob(pattern, recursive=True)]
    log = Log.open(sorted(set(paths)), schema=loaded)
    corpus = _Corpus()
    files = [[path.name, path.stat().st_size] for path in log.paths]
    return write_dataset(
        out,
        schema=loaded,
        requests=_requests(log, corpus),
        items=corpus.items,
        eval_from=_last_fifth(log) if eval_from is None else eval_from,
        source={"name": "convert", "arguments": {"files": files}},
        requests_per_shard=requests_per_shard,
    )


class _Corpus:
    """The last row of every item, as blocks come in order of time."""

    def __init__(self) -> None:
        self._items: Items | None = None

    def add(self, requests: Requests) -> None:
        new = Items(
            item_id=requests.item_id, product=requests.product, item=requests.item, item_mask=requests.item_mask
        )
        joined = new if self._items is None else Items.concat([self._items, new])
        last = ~pd.Series(joined.item_id).duplicated(keep="last").to_numpy()
        self._items = joined.take(np.flatnonzero(last))

    def items(self) -> Items:
        """Every item, in order of identifiers."""
        if self._items is None:
            raise DataError("the logs hold no row")
        return self._items.take(np.argsort(self._items.item_id, kind="stable"))


def _last_fifth(log: Log) -> str:
    """The first of the last fifth of the days, at least one; says which it is."""
    days = sorted(set().union(*log.rows_per_day.values()))
    if not days:
        raise DataError("the logs hold no row")
    if len(days) == 1:
        rule = "a default eval split needs two days or more: say --eval_from to have one split alone"
        raise DataError(f"the logs are all of {day_of(days[0])}; {rule}")
    last = max(1, round(_EVAL_SHARE * len(days)))
    chosen = day_of(days[-last])
    logging.info("--eval_from=%s: the last fifth of the days, %d of %d, is the eval split", chosen, last, len(days))
    return chosen


def _requests(log: Log, corpus: _Corpus) -> Iterator[Requests]:
    seen: set[bytes] = set()
    for first, last in _windows(log.rows_per_day):
        paths = [path for path in log.paths if any(first <= day <= last for day in log.rows_per_day[path])]
        block = requests_of(log, [(path, *log.read(path, first=first, last=last)) for path in paths])
        again = seen.intersection(block.request_id)
        if again:
            raise DataError(
                f"request {min(again).decode(errors='replace')}, timestamp: {ONE_TIMESTAMP}; its rows are of two days"
            )
        seen.update(block.request_id)
        corpus.add(block)
        yield block


def _windows(days: dict[pathlib.Path, dict[int, int]]) -> Iterator[tuple[int, int]]:
    """Runs of days of not too many rows."""
    total = collections.Counter[int]()
    for of_path in days.values():
        total.update(of_path)
    window: list[int] = []
    rows = 0
    for day in sorted(total):
        if window and rows + total[day] > _ROWS_AT_ONCE:
            yield window[0], window[-1]
            window, rows = [], 0
        window.append(day)
        rows += total[day]
    if window:
        yield window[0], window[-1]
