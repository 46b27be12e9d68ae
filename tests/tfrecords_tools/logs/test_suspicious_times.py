"""Tests of tfrecords_tools/logs/suspicious_times.py."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.logs import suspicious_times
from tfrecords_tools.partition import Partition

NOVEMBER_1 = 20_758  # days since 1970, of 2026


def test_digits_are_a_date_where_all_of_them_are() -> None:
    for digits, meant in (
        ([20261231, 20261101], "2026-11-01"),
        ([2014102100], "2014-10-21 00:00:00"),
        ([20130606000104000, 20130606235959999], "2013-06-06 00:01:04"),
        ([14102100, 14102123, 14103011], "2014-10-21 00:00:00"),
        ([141021, 150101], "2014-10-21"),
        ([9010203, 10010203], "2009-01-02 03:00:00"),
        ([14102100, 14102124], ""),
        ([141021, 141032], ""),
        ([20261101, 20261332], ""),
        ([20261101, 1_793_491_200], ""),
        ([1_793_491_200, 1_793_577_600], ""),
        ([], ""),
    ):
        assert suspicious_times.calendar_digits(np.array(digits, np.int64)) == meant


def test_days_next_to_each_other_are_not_doubtful() -> None:
    assert list(suspicious_times.lines({NOVEMBER_1: 5, NOVEMBER_1 + 300: 5}, Partition(), divisor=1)) == []
    assert list(suspicious_times.lines({}, Partition(), divisor=1)) == []


def test_times_of_1970_are_said_once() -> None:
    (line,) = suspicious_times.lines({345: 20, 346: 4}, Partition(), divisor=1)
    assert line.startswith(
        "column timestamp: the earliest of 24 rows is of 1970-12-12; the rule is seconds since 1970: are they counted"
    )
    minutes = 1_793_491_200 // 60
    (line,) = suspicious_times.lines({345: 20, 346: 4}, Partition(), divisor=1, ends=(minutes, minutes + 1440))
    assert line.endswith("seconds since 1970: these look like minutes since 1970, the first of 2026-11-01 00:00:00")


@given(st.integers(0, 10), st.floats(0, 0.99), st.integers(0, 300))
def test_each_way_to_count_time_is_told_from_the_others(unit: int, share: float, days: int) -> None:
    """Of any time from 2000 to 2059; seconds since 1970 are told from all."""
    first = int(946_684_800 + share * (2_800_000_000 - 946_684_800))
    ways = [
        ("", 1, 0),
        ("days since 1970", 1 / 86_400, 0),
        ("days since 1899", 1 / 86_400, -25_569 * 86_400),
        ("hours", 1 / 3600, 0),
        ("minutes", 1 / 60, 0),
        ("milliseconds", 1e3, 0),
        ("microseconds", 1e6, 0),
        ("nanoseconds", 1e9, 0),
        ("ticks of 100 ns since 1601", 1e7, -134_774 * 86_400),
        ("ticks of 100 ns since the year 1", 1e7, -719_162 * 86_400),
        ("", -1, 0),
    ]
    name, each, start = ways[unit]
    first, last = ((seconds - start) * each for seconds in (first, first + days * 86_400))
    found = suspicious_times.other_unit(first, last) if first <= last else ""
    assert found.startswith(name)
    assert bool(found) == bool(name)


def test_a_few_rows_far_from_all_others_are_said_with_their_number() -> None:
    (line,) = suspicious_times.lines({NOVEMBER_1: 30, NOVEMBER_1 + 18_252: 3}, Partition(), divisor=1)
    assert line == (
        "column timestamp: no row between 2026-11-01 and 2076-10-21; 3 rows are of 2076-10-21 or later: are their "
        "times right? The last days are eval"
    )
    _, line = suspicious_times.lines({0: 3, NOVEMBER_1 * 24: 30}, Partition.of("hour"), divisor=1)
    assert "no row between 1970-01-01T00 and 2026-11-01T00; 3 rows are of 1970-01-01T00 or earlier" in line


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 60, 3600, 86_400]))
def test_times_that_were_single_precision_are_said_and_others_are_not(seed: int, unit: int) -> None:
    def said(times: np.ndarray) -> list[str]:
        return list(suspicious_times.lines({NOVEMBER_1: 1}, Partition(), divisor=int(np.gcd.reduce(times))))

    seconds = np.random.default_rng(seed).integers(1_100_000_000, 1_900_000_000, 60)
    assert said(seconds // unit * unit) == []  # a chance of 2^-360 that all 60 are multiples of 64
    (line,) = said(seconds.astype(np.float32).astype(np.int64))
    assert line.startswith(
        "column timestamp: every time is a multiple of 128 seconds, which is what a single-precision"
    )
