"""Writes a data set: day-partitioned shards of requests, the item corpus, the manifest last (docs/data-contract.md)."""

import pathlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tfrecords_tools import folder
from tfrecords_tools.cut import Cut
from tfrecords_tools.days import Day, require_same_columns, write_days
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.partition import Partition
from tfrecords_tools.parts import write_items
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import DataError, Items, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.statistics import SplitStatistics


def write_dataset(
    out: str | pathlib.Path,
    *,
    schema: Schema,
    requests: Iterable[Requests],
    items: Items | Callable[[], Items],
    eval_from: str,
    source: dict[str, Any],
    requests_per_shard: int = 8192,
    compact: bool = False,
) -> Manifest:
    """Writes a whole data set; the same arguments give the same bytes.

    Args:
        out: Folder of the data set: a new or empty one, or one where this build was interrupted (it starts again). A
            complete data set of the same `source` and schema is left alone.
        schema: Schema of the data set.
        requests: Blocks of any size, in non-decreasing order of days; only read if there is work to do.
        items: The item corpus, or what gives it once all requests have been read.
        eval_from: The first day of the eval split, such as `2017-11-06`; earlier days are train.
        source: `{"name": ..., "arguments": {...}}`, JSON types only: what made the data.
        requests_per_shard: Most requests in one file.
        compact: Whether to write items' features once, into an item table that records name by row (docs/adr/0051).

    Returns:
        The manifest.

    Raises:
        DataError: A request or item that breaks the data contract, days out of order, no request at all, or a folder
            that holds something else.
    """
    first = Partition().parse(eval_from, what="eval_from")
    cut = Cut(eval_from=first, requests_per_shard=requests_per_shard, compact=compact)
    source = cut.add_to(source)
    out = pathlib.Path(out)
    with folder.building(out, schema=schema, source=source) as done:
        if done is not None:
            return done
        days = write_days(out, schema=schema, requests=requests, cut=cut)
        return complete(out, schema=schema, source=source, days=_with_progress(days, name=out.name), items=items)


def complete(
    out: pathlib.Path,
    *,
    schema: Schema,
    source: dict[str, Any],
    days: Iterable[Day],
    items: Items | Callable[[], Items],
) -> Manifest:
    """Makes a data set of written days, in order of time: their counts, the item corpus, the manifest last.

    Raises:
        DataError: An item that breaks the data contract, days with other columns, or no day.
    """
    statistics = {"train": SplitStatistics(schema), "eval": SplitStatistics(schema)}
    shards: dict[str, list[dict[str, Any]]] = {"train": [], "eval": []}
    item_table: list[dict[str, Any]] = []
    columns: tuple[str, ...] | None = None
    for day in days:
        require_same_columns(columns or day.columns, day.columns)
        columns = day.columns
        shards[day.split] += day.shards
        item_table += day.item_table
        for counts in day.statistics:
            statistics[day.split].merge(counts)
    if columns is None:
        raise DataError("no request came, so there is no data set to write")
    manifest = Manifest(
        folder=out,
        schema_fingerprint=schema.fingerprint(),
        source=source,
        columns=columns,
        splits={split: {"shards": shards[split], **counts.to_dict()} for split, counts in statistics.items()},
        items=write_items(out, schema=schema, items=items() if callable(items) else items),
        statistics=statistics["train"].statistics(),
        item_table=item_table,
    )
    return folder.seal(schema, manifest)


def _with_progress(days: Iterable[Day], *, name: str) -> Iterator[Day]:
    with progress_bar(unit=" requests", desc=name) as bar:
        for day in days:
            bar.update(sum(counts.requests for counts in day.statistics))
            yield day
