"""Turns flat Parquet or CSV logs and a schema into a data set (docs/data-contract.md)."""

import dataclasses
import functools
import itertools
import pathlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
from absl import logging

from tfrecords_tools import corpus, engine, folder, windows
from tfrecords_tools.cut import Cut
from tfrecords_tools.days import Day
from tfrecords_tools.logs import suspicious_times
from tfrecords_tools.logs.inputs import digests, distinct, find_logs, require_unchanged, states
from tfrecords_tools.logs.log import Log
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.partition import REQUEST, Partition
from tfrecords_tools.requests import DataError, Items
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_towers import require_towers
from tfrecords_tools.shards import complete

_ROWS_AT_ONCE = 500_000  # whole days, so a day of more rows is read at once all the same
_EVAL_SHARE = 0.2  # of the days, where nobody says from which day
_FEW_ROWS = 0.02  # of all rows: fewer in the last fifth of the days are said
_PARTS = 30  # of a log without times


def convert(
    out: str | pathlib.Path,
    *,
    schema: str | pathlib.Path,
    inputs: Sequence[str],
    eval_from: str | None = None,
    partition: str = "day",
    repair_events: bool = False,
    requests_per_shard: int = 8192,
    compact: bool = False,
    workers: int | None = None,
    beam: str = "",
) -> Manifest:
    """Writes a data set from logs with one row for each pair.

    The columns are named like the keys of a record; docs/data-contract.md has the accepted values in Parquet and CSV.
    The rows of a request may be anywhere; its candidates keep the order of files (by name) and rows. The corpus holds
    every item as in its last row in time.

    Args:
        out: The data set's folder.
        schema: The schema file.
        inputs: Paths, folders or glob patterns of .parquet and .csv files (`inputs.find_logs`). Logs are identified by
            their content: one that was corrected in place is another log, and a copy or a link is the same log.
        eval_from: The first day of the eval split, such as `2017-11-06`; by default the last fifth of the days is the
            split. With another partition, its first hour, minute or request: `2017-11-06T05`.
        partition: `day`, `hour`, `minute` or `request` (`partition.Partition`): short logs are cut finer, so that there
            are enough parts to learn from, to stop by, to label and to measure on. `request` is for logs without a
            `timestamp`, in which the rows of a request are adjacent: they are cut in their order.
        repair_events: Whether a child task's event sets its parent's event (`events.repair_events`); without it, events
            that lack their parent's are counted (`remarks`).
        requests_per_shard: Most requests in one file.
        compact: Whether records name rows of an item table, of which each window of days has a part (docs/adr/0051).
        workers: Processes on this machine; by default one for each core, or one alone for a short log or without Beam.
            The bytes do not depend on it.
        beam: The arguments of a Beam pipeline on a cluster, whose workers see `out`, the logs and the schema under the
            same paths.

    Raises:
        EngineError: See `engine.run`.
        DataError: Logs that break the data contract; it names file, column and row, or request and field.
        SchemaError: No schema, or one that contradicts itself.
    """
    loaded, out = Schema.load(schema), pathlib.Path(out)
    require_towers(loaded)
    found = [path.absolute() if beam else path for path in find_logs(inputs)]
    before, known = states(found), digests(found)
    log = _opened(distinct(found, known), schema=loaded, partition=partition)
    source = {"name": "convert", "arguments": {"files": [[path.name, known[path]] for path in log.paths]}}
    eval_from = _last_fifth(log) if eval_from is None else log.partition.parse(eval_from, what="eval_from")
    cut = Cut(
        eval_from=eval_from,
        requests_per_shard=requests_per_shard,
        partition=log.partition,
        repair_events=repair_events,
        compact=compact,
    )
    source = cut.add_to(source)
    with folder.building(out, schema=loaded, source=source, resume=True, inputs=loaded.fingerprint()) as done:
        if done is not None:
            return done
        days, items = _write(log, out, cut=cut, workers=workers, beam=beam)
        require_unchanged(before)
        return complete(out, schema=loaded, source=source, days=days, items=items)


def _write(log: Log, out: pathlib.Path, *, cut: Cut, workers: int | None, beam: str) -> tuple[Iterable[Day], Items]:
    """Writes every window's shards; returns the days in order and the corpus."""
    kept = (out / folder.JOB / "windows").absolute()
    kept.mkdir(parents=True, exist_ok=True)
    units = windows.windows_of(log, rows=_ROWS_AT_ONCE)
    write_window = functools.partial(windows.write_window, log=log, out=out.absolute(), kept=kept, cut=cut)
    days = engine.run(
        write_window,
        units,
        folder=out / folder.JOB / "results",
        workers=workers,
        beam=beam,
        name=out.name,
        unit="windows",
    )
    windows.require_unique(kept, log=log, windows=units)
    items = corpus.join(windows.items_of_windows(kept, windows=units))
    return itertools.chain.from_iterable(days), items


def _opened(paths: Sequence[pathlib.Path], *, schema: Schema, partition: str) -> Log:
    """The logs, cut; by request, into as many parts as a month has days."""
    log = Log.open(paths, schema=schema, partition=Partition.of(partition, requests=1))
    if partition != REQUEST:
        return log
    if len(paths) > 1:
        named = [path.name for path in log.paths]
        logging.info(
            "files in the order of their names, %s first and %s last: the end is the eval split", named[0], named[-1]
        )
        _warn_of_numbers(named)
    requests = max(log.numbering[1], 1)
    return dataclasses.replace(log, partition=Partition.of(REQUEST, requests=-(-requests // _PARTS)))


def _warn_of_numbers(names: Sequence[str]) -> None:
    """Says where the order of names is not that of the numbers in them, as `log.10.csv` stands before `log.2.csv`."""
    numbered = [[int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", name)] for name in names]
    for place, (one, two) in enumerate(itertools.pairwise(numbered)):
        if one > two:
            logging.warning(
                "%s is read before %s, by their names: write the numbers with zeros in front if it comes after",
                names[place],
                names[place + 1],
            )
            return


def _way_out(log: Log) -> str:
    """What to do with a log of one part: times that count something else, or are all the same, come first."""
    alone = "--eval_from gives one split alone"
    if log.partition.kind == REQUEST:
        return alone
    if meant := suspicious_times.other_unit(*log.times[[0, -1]].tolist()):
        return f"its times look like {meant}: write dates, as 2026-11-01, or seconds since 1970"
    if len(log.times) == 1:
        return (
            "every row has the same time: give each request its own; where the rows are in order of time, leave the "
            f"column out and cut the log by --partition=request; {alone}"
        )
    for kind in log.partition.finer:
        if (parts := len(np.unique(Partition.of(kind).number(log.times)))) > 1:
            return f"--partition={kind} cuts the logs into {parts} {kind}s, and {alone}"
    return alone


def _last_fifth(log: Log) -> str:
    """The first of the last fifth of the days, at least one; says which it is."""
    days, partition = list(log.days), log.partition
    if not days:
        raise DataError("the logs hold no row")
    if len(days) == 1:
        raise DataError(
            f"the logs are all of {partition.name(days[0])}; "
            f"a default eval split needs two {partition.plural} or more: {_way_out(log)}"
        )
    last = max(1, round(_EVAL_SHARE * len(days)))
    chosen = partition.name(days[-last])
    told = "--eval_from=%s: the last fifth of the %s, %d of %d, is the eval split"
    logging.info(told, chosen, partition.plural, last, len(days))
    _warn_of_a_small_split(log, last)
    return chosen


def _warn_of_a_small_split(log: Log, last: int) -> None:
    """Says where the last days have hardly a row, as those of a wrong clock do, and which day leaves a fifth."""
    days = list(log.days)
    after = np.cumsum(list(log.days.values())[::-1])[::-1]  # rows of the split that begins with each day
    if after[-last] >= _FEW_ROWS * after[0]:
        return
    better = max(place for place in range(1, len(days)) if place == 1 or after[place] >= _EVAL_SHARE * after[0])
    logging.warning(
        "the eval split has %s of %s rows: look for times of a wrong clock, or say --eval_from=%s for %s of them",
        f"{after[-last]:,}",
        f"{after[0]:,}",
        log.partition.name(days[better]),
        f"{after[better]:,}",
    )
