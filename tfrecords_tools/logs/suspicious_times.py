"""Times of a log that are read as they stand, but look as if they counted something else than seconds since 1970."""

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tfrecords_tools.partition import SECONDS_A_DAY, Partition

_EARLIEST = 20 * 365 * SECONDS_A_DAY  # 1989: no log of clicks is older
_GAP = 365 * SECONDS_A_DAY
_DIGITS = (8, 10, 12, 14, 17)  # a day; with hours, minutes, seconds, milliseconds behind it
_SHORT_DIGITS = (6, 8)  # of a year without its century: a day; with hours behind it
_YEARS = (1990, 2100)
_SHORT_YEARS = (2000, 2049)
_LIKELY = 946_684_800, 2_840_140_800  # seconds from 1970 to 2000 and to 2060
_UNITS = (  # what else counts time, how many of it a second has, and the second since 1970 from which it counts
    ("days since 1970", 1 / SECONDS_A_DAY, 0),
    ("days since 1899-12-30, as spreadsheets count", 1 / SECONDS_A_DAY, -2_209_161_600),
    ("hours since 1970", 1 / 3600, 0),
    ("minutes since 1970", 1 / 60, 0),
    ("milliseconds since 1970", 10**3, 0),
    ("microseconds since 1970", 10**6, 0),
    ("nanoseconds since 1970", 10**9, 0),
    ("ticks of 100 ns since 1601, as Windows counts", 10**7, -11_644_473_600),
    ("ticks of 100 ns since the year 1, as .NET counts", 10**7, -62_135_596_800),
)
_SINGLE = 64  # seconds between neighboring float32 numbers of the years 1987 to 2004; 128 from then on


def other_unit(first: float, last: float) -> str:
    """What times count that are no seconds since 1970, with the time that the first would be; empty where nothing fits.

    Args:
        first: The smallest of the times.
        last: The greatest.
    """
    for name, each, start in _UNITS:
        begins, ends = first / each + start, last / each + start
        if _LIKELY[0] <= begins <= ends < _LIKELY[1]:
            meant = (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=round(begins))).isoformat(" ")
            return f"{name}, the first of {meant}"
    return ""


def calendar_digits(values: np.ndarray) -> str:
    """How the first time of the calendar in these digits is to be written; empty where they are numbers.

    `20261101` for a day, also with hour, minute, second and millisecond behind it, is a whole number too, but of
    seconds it is a day in 1970; so are `261101` and, with an hour, `26110105`. Whole numbers are taken for such digits
    where every one of them is a time of the calendar.

    Args:
        values: `[...]` int64.
    """
    if not len(values):
        return ""
    found = np.unique(values)
    for years, lengths in ((_YEARS, _DIGITS), (_SHORT_YEARS, _SHORT_DIGITS)):
        digits = 4 if years is _YEARS else 2
        for length in lengths:
            if found[0] < 10 ** (length - digits) or found[-1] >= 10**length:
                continue
            parts = _parts(found, length + 4 - digits, century=0 if digits == 4 else years[0])
            if _are_times(parts, years):
                year, month, day, hour, minute, second = (int(part[0]) for part in parts)
                date = f"{year:04d}-{month:02d}-{day:02d}"
                return date if length == digits + 4 else f"{date} {hour:02d}:{minute:02d}:{second:02d}"
    return ""


def _parts(values: np.ndarray, length: int, *, century: int) -> list[np.ndarray]:
    """Year, month, day, hour, minute and second of digits, 0 where there are none."""
    padded = values * 10 ** (14 - length) if length <= 14 else values // 10 ** (length - 14)
    return [century + padded // 10**10, *(padded // 10**place % 100 for place in (8, 6, 4, 2, 0))]


def _are_times(parts: Sequence[np.ndarray], years: tuple[int, int]) -> bool:
    bounds = (years, (1, 12), (1, 31), (0, 23), (0, 59), (0, 59))
    return all(bool(np.all((part >= low) & (part <= high))) for part, (low, high) in zip(parts, bounds, strict=True))


def lines(
    rows: Mapping[int, int], partition: Partition, *, divisor: int, ends: tuple[int, int] = (0, 0)
) -> Iterator[str]:
    """One line for what is doubtful about the days of a log.

    Args:
        rows: Rows of each day, by `Partition.number`; a partition by time.
        partition: How the log is cut.
        divisor: The greatest common divisor of all times; of a log by the hour it is 3,600, or a multiple.
        ends: The first and the last time.
    """
    days = sorted(rows)
    if divisor >= _SINGLE and divisor.bit_count() == 1:
        yield (
            f"column timestamp: every time is a multiple of {divisor} seconds, which is what a single-precision number "
            "leaves of seconds since 1970; write whole seconds, as int64 or as digits"
        )
    if days and days[0] * partition.length < _EARLIEST:
        meant = other_unit(*ends)
        what = f"these look like {meant}" if meant else "are they counted from another day, or is a missing time 0?"
        yield (
            f"column timestamp: the earliest of {sum(rows.values()):,} rows is of {partition.name(days[0])}; the rule "
            f"is seconds since 1970: {what}"
        )
    for before, after in itertools.pairwise(days):
        if (after - before) * partition.length > _GAP:
            yield _gap(before, after, rows, partition)


def _gap(before: int, after: int, rows: Mapping[int, int], partition: Partition) -> str:
    first, last = partition.name(before), partition.name(after)
    early = sum(count for day, count in rows.items() if day <= before)
    late = sum(rows.values()) - early
    fewer = f"{late:,} rows are of {last} or later" if late < early else f"{early:,} rows are of {first} or earlier"
    return (
        f"column timestamp: no row between {first} and {last}; {fewer}: are their times right? The last days are eval"
    )
