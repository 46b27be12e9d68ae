"""The units of a conversion: runs of days, each of which one worker turns into shards on its own."""

import pathlib
import pickle
from collections.abc import Iterator, Sequence

from tfrecords_tools import corpus
from tfrecords_tools.cut import Cut
from tfrecords_tools.days import Day, write_days
from tfrecords_tools.files import write_bytes
from tfrecords_tools.identifiers import first_repeated, write_identifiers
from tfrecords_tools.ids import readable
from tfrecords_tools.logs.grouping import one_time, requests_of
from tfrecords_tools.logs.log import Log
from tfrecords_tools.requests import DataError, Items

Window = tuple[int, int]  # the numbers of its first and its last day (`Partition.number`)


def windows_of(log: Log, *, rows: int) -> list[Window]:
    """Runs of days of not more than `rows` rows, or of one day, in order."""
    runs: list[list[int]] = []
    taken = 0
    for day, own in log.days.items():
        if not runs or taken + own > rows:
            runs.append([])
            taken = 0
        runs[-1].append(day)
        taken += own
    return [(run[0], run[-1]) for run in runs]


def write_window(window: Window, *, log: Log, out: pathlib.Path, kept: pathlib.Path, cut: Cut) -> list[Day]:
    """Writes the shards of a window's days, and in the folder `kept` what the corpus and `require_unique` need.

    Raises:
        DataError: Rows that break the data contract; it names file, column and row, or request and field.
    """
    first, last = window
    paths = [path for path in log.paths if any(first <= day <= last for day in log.rows_per_day[path])]
    block = requests_of(log, [(path, *log.read(path, first=first, last=last)) for path in paths])
    days = write_days(out, schema=log.schema, requests=[block], cut=cut)
    written = list(days)
    write_identifiers(_identifiers(kept, window), block.request_id)
    write_bytes(_items(kept, window), pickle.dumps(corpus.items_of(block)))
    return written


def require_unique(kept: pathlib.Path, *, log: Log, windows: Sequence[Window]) -> None:
    """Refuses a request whose rows are of two windows.

    Raises:
        DataError: There is one; it is named.
    """
    again = first_repeated([_identifiers(kept, window) for window in windows])
    if again is not None:
        column, rule = one_time(log)
        raise DataError(f"request {readable(again)}, {column}: {rule}; its rows are of two {log.partition.plural}")


def items_of_windows(kept: pathlib.Path, *, windows: Sequence[Window]) -> Iterator[Items]:
    """The items of each window, one window in memory at a time."""
    for window in windows:
        yield pickle.loads(_items(kept, window).read_bytes())


def _identifiers(kept: pathlib.Path, window: Window) -> pathlib.Path:
    return kept / f"{window[0]}-{window[1]}.arrow"


def _items(kept: pathlib.Path, window: Window) -> pathlib.Path:
    return kept / f"{window[0]}-{window[1]}.pickle"
