"""Tests of tfrecords_tools/logs/suspicious_bids.py and tfrecords_tools/bids.py."""

import pathlib

import numpy as np
import pyarrow as pa
import pytest

from tfrecords_tools.bids import dear
from tfrecords_tools.logs.suspicious_bids import SuspiciousBids
from tfrecords_tools.requests import DataError

PATH = pathlib.Path("log.csv")


def _lines(*columns: pa.Array) -> list[str]:
    found = SuspiciousBids()
    for column in columns:
        found.add(PATH, pa.table({"bid": column}))
    return list(found.lines())


def test_bids_in_micros_are_named_over_all_files() -> None:
    files = pa.array([b"1500000", b"0.5"]), pa.array([2_000_000, None, 3_000_000])
    assert _lines(*files) == [
        "column bid: 3 of 4 bids, such as 1,500,000, are above 1,000; a bid is in US dollars: divide micros by "
        "1,000,000 and cents by 100"
    ]


@pytest.mark.parametrize("bids", [[], [0.0, 0.0], [1_000.0, 1_000.0, 5_000.0], [2_000.0, 1.0]])
def test_half_of_the_bids_may_be_dear(bids: list[float]) -> None:
    assert _lines(pa.array(bids, pa.float64())) == []
    assert dear(np.array(bids, np.float32)) == ""


def test_a_median_above_1_000_is_dear() -> None:
    assert dear(np.array([1.0, 1_001.0, 1_002.0], np.float32)) == "2 of 3 bids, such as 1,001, are above 1,000"


def test_what_is_no_bid_is_refused_with_its_row() -> None:
    with pytest.raises(DataError, match=r"log.csv, row 2, column bid: a number is the rule.*; it is '\$1'"):
        _lines(pa.array([b"1", b"$1"]))


def test_only_the_bid_is_looked_at() -> None:
    assert SuspiciousBids().columns(["item/bid", "bid", "bids"]) == ["bid"]
