"""How a data set is cut in order of time: by day, hour or minute, or by request where a log has no time."""

import dataclasses
import datetime
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfrecords_tools.requests import DataError

SECONDS_A_DAY = 86_400
REQUEST = "request"
_SECONDS = {"day": SECONDS_A_DAY, "hour": 3600, "minute": 60}
KINDS = (*_SECONDS, REQUEST)
_LETTERS = {"day": 10, "hour": 13, "minute": 15}  # of 2017-11-06T0530, so many are a name
_SAMPLE = {"day": "2017-11-06", "hour": "2017-11-06T05", "minute": "2017-11-06T0530"}
_EPOCH = datetime.datetime(1970, 1, 1)
_TIME = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]([0-9]{1,2})(?::?([0-9]{2}))?)?")
_NUMBERED = re.compile(r"r([0-9]{12})")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Partition:
    """One unit of time after another, each with a name; names compare as text as their times do.

    Attributes:
        kind: `day`, `hour` or `minute`, in UTC, or `request`.
        length: Seconds; of `request`, how many requests, whose timestamps are their numbers, from 0.
    """

    kind: str = "day"
    length: int = SECONDS_A_DAY

    @classmethod
    def of(cls, kind: str, *, requests: int = 0) -> "Partition":
        """That of a kind; of `request`, with so many requests in each.

        Raises:
            DataError: No such kind.
        """
        if kind not in KINDS:
            raise DataError(f"partition {kind!r} is not one of {list(KINDS)}")
        return cls(kind=kind, length=_SECONDS.get(kind, requests))

    @classmethod
    def of_source(cls, source: dict[str, Any]) -> "Partition":
        """That of a data set made so."""
        arguments = source.get("arguments", {})
        return cls.of(arguments.get("partition", "day"), requests=arguments.get("requests_per_partition", 0))

    def arguments(self) -> dict[str, Any]:
        """What `of_source` reads; nothing for days."""
        if self.kind == "day":
            return {}
        return {"partition": self.kind} | ({"requests_per_partition": self.length} if self.kind == REQUEST else {})

    def number(self, timestamp: np.ndarray) -> np.ndarray:
        """The unit of each timestamp, `[...]`, counted from 1970 (from the first request)."""
        return timestamp // self.length

    def name(self, number: int) -> str:
        """What a unit is called: `2017-11-06`, `2017-11-06T05`, `2017-11-06T0530` or `r000000012000`.

        Raises:
            DataError: A time beyond the year 9999, such as milliseconds give.
        """
        start = int(number) * self.length
        if self.kind == REQUEST:
            return f"r{start:012d}"
        try:
            time = _EPOCH + datetime.timedelta(seconds=start)
        except OverflowError as error:
            rule = "seconds since 1970 in UTC are the rule; are these milliseconds?"
            raise DataError(f"timestamp: {rule}; one is of day {start // SECONDS_A_DAY:,} since 1970") from error
        return time.isoformat(timespec="minutes").replace(":", "")[: _LETTERS[self.kind]]

    def folder(self, name: str) -> str:
        """The folder of a unit within its split."""
        return f"{self.kind}={name}"

    def parse(self, text: str, *, what: str) -> str:
        """The name of the unit that a person means by `2017-11-6`, `2017-11-06 05:00` or, by request, `12000`.

        Raises:
            DataError: Another text, no day of the calendar, or a time within a unit; it shows the right form.
        """
        if self.kind == REQUEST:
            if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) % self.length:
                rule = f"the number of a request, a multiple of {self.length:,}, is the rule"
                raise DataError(f"{what} {text!r}: {rule} where a log is cut by request")
            return self.name(int(text) // self.length)
        try:
            seconds = _seconds(text)
        except ValueError as error:
            raise DataError(f"{what} {text!r} is no {self.kind}; write it as {_SAMPLE[self.kind]}") from error
        if seconds % self.length:
            raise DataError(f"{what} {text!r} does not begin one {self.kind}; write it as {_SAMPLE[self.kind]}")
        return self.name(seconds // self.length)

    @property
    def plural(self) -> str:
        """What its units are called: `days`, `hours`, `minutes` or, by request, `parts`."""
        return "parts" if self.kind == REQUEST else f"{self.kind}s"

    @property
    def finer(self) -> tuple[str, ...]:
        """The kinds that cut the same log finer, the coarsest first: `hour` and `minute` of days, none of requests."""
        kinds = tuple(_SECONDS)
        return () if self.kind == REQUEST else kinds[kinds.index(self.kind) + 1 :]

    @property
    def next_finer(self) -> str:
        """The first of `finer`; empty where there is none."""
        return next(iter(self.finer), "")

    def words(self, count: int) -> str:
        """`1 day`, `48 hours`."""
        return f"{count:,} {self.plural[:-1] if count == 1 else self.plural}"


def kind_of(name: str) -> Partition:
    """What kind of unit has this name; the length of one by request is not known from it."""
    if _NUMBERED.fullmatch(name):
        return Partition.of(REQUEST)
    return Partition.of(next(kind for kind, letters in _LETTERS.items() if len(name) == letters))


def span(names: Sequence[str]) -> str:
    """`48 hours, 2026-11-01T00 to 2026-11-02T23`, of names in any order; `none` of none."""
    if not names:
        return "none"
    count, ends = kind_of(names[0]).words(len(names)), sorted({min(names), max(names)})
    return f"{count}, {' to '.join(ends)}"


def start_of(name: str) -> int:
    """The first timestamp of the unit of this name, whatever its kind."""
    numbered = _NUMBERED.fullmatch(name)
    return int(numbered[1]) if numbered else _seconds(name)


def day_of(day_number: int) -> str:
    """`YYYY-MM-DD` of a number of days since 1970.

    Raises:
        DataError: A day beyond the year 9999, such as milliseconds give.
    """
    return Partition().name(day_number)


def _seconds(text: str) -> int:
    """Since 1970; ValueError where `text` is no time of the calendar."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    return int((datetime.datetime(year, month, day, hour, minute) - _EPOCH).total_seconds())
