"""Requests that a log holds twice: of the split eval in training as well, or of one second under two ids."""

import hashlib
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Requests

_SERIOUS = 0.02
_TWICE = 0.005
_BLOCK = 256
_IGNORED = ("request_id", "timestamp")  # what a copy is given anew


def contents(requests: Requests) -> list[bytes]:
    """A digest of each request: surface, features, candidates and events."""
    found = []
    for start in range(0, len(requests.request_id), _BLOCK):
        block = requests.rows(start, start + _BLOCK)
        for row in range(len(block.request_id)):
            one = block.rows(row, row + 1)
            said = [_plain(value) for name, value in vars(one).items() if name not in _IGNORED]
            found.append(hashlib.blake2b(repr(said).encode(), digest_size=12).digest())
    return found


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def _usual(digests: list[bytes]) -> float:
    """How many of the last quarter of training are among those before, were these as many as all of training."""
    before = digests[: len(digests) * 3 // 4]
    known, last = set(before), digests[len(before) :]
    again = sum(digest in known for digest in last)
    return min(1.0, again / max(len(last), 1) * len(digests) / max(len(before), 1))


def twice(table: Table) -> Iterator[Finding]:
    """Requests of one second that are equal but for the id, as a log has them that was written by two collectors."""
    digests = contents(table.requests)
    times: dict[bytes, set[int]] = {}
    for digest, time in zip(digests, table.requests.timestamp.tolist(), strict=True):
        times.setdefault(digest, set()).add(time)
    again = len(digests) - sum(map(len, times.values()))
    elsewhere = sum(len(times[digest]) > 1 for digest in digests)  # most of them, where a log repeats itself
    share = again / max(len(digests), 1)
    if share >= _TWICE and again > 2 * elsewhere:
        yield Finding(
            level=SERIOUS if share >= _SERIOUS and table.requests.lengths.mean() > 1 else LOOK,
            about="duplicates",
            said=f"{again:,} requests of {table.split}, {share:.1%}, equal another of the same second but for the id",
            advice="the log may hold them twice, and then intervals are too narrow: drop one copy before convert",
            weight=share,
        )


def examine(train: Table, held: Table) -> Iterator[Finding]:
    """Of the requests that were read of both; some logs repeat themselves, which training alone shows."""
    of_train = contents(train.requests)
    known = set(of_train)
    again = sum(digest in known for digest in contents(held.requests))
    if not again:
        return
    share = again / len(held.requests.request_id)
    usual = _usual(of_train)
    looked = "" if train.whole and held.whole else " of those looked at, so that there are more"
    said = f"{again:,} requests of {held.split}, {share:.1%}{looked}, equal one of {train.split} but for id and time"
    if share <= 1.5 * usual + 0.005:
        level, advice = NOTE, f"within training {usual:.1%} do so too: this log repeats itself"
    else:
        level = SERIOUS if share >= _SERIOUS else LOOK
        advice = "the log may hold them twice: drop one copy before convert, or the evaluation is of what was learned"
    yield Finding(level=level, about="duplicates", said=said, advice=advice, weight=share)
