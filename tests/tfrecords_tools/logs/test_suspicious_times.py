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
        "column timestamp: the earliest of 24 rows is of 1970-12-12; the rule is seconds since 1970: are"
    )


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
