"""Tests of tfrecords_tools/partition.py."""

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.partition import KINDS, Partition, day_of, kind_of, span, start_of
from tfrecords_tools.requests import DataError

_BY_REQUEST = Partition.of("request", requests=500)
_PARTITIONS = [Partition.of("day"), Partition.of("hour"), Partition.of("minute"), _BY_REQUEST]
_LAST = int((datetime.datetime(9999, 12, 31) - datetime.datetime(1970, 1, 1)).total_seconds())


@pytest.mark.parametrize(
    ("kind", "name"),
    [("day", "2017-03-01"), ("hour", "2017-03-01T05"), ("minute", "2017-03-01T0530"), ("request", "r001488346000")],
)
def test_names(kind: str, name: str) -> None:
    partition = Partition.of(kind, requests=500)
    timestamp = np.array([1_488_346_211])  # 2017-03-01 05:30:11 UTC
    assert partition.name(partition.number(timestamp)[0]) == name
    assert partition.folder(name) == f"{kind}={name}"


@pytest.mark.parametrize("partition", _PARTITIONS, ids=KINDS)
@given(first=st.integers(0, _LAST), second=st.integers(0, _LAST))
def test_names_compare_as_times_do(partition: Partition, first: int, second: int) -> None:
    numbers = partition.number(np.array([first, second])).tolist()
    names = [partition.name(number) for number in numbers]
    assert (names[0] < names[1]) == (numbers[0] < numbers[1])
    assert [start_of(name) for name in names] == [number * partition.length for number in numbers]


@given(day=st.dates(datetime.date(1, 1, 1), datetime.date(9999, 12, 31)))
def test_a_day_with_or_without_leading_zeros_is_the_same_day(day: datetime.date) -> None:
    padded = day.isoformat()
    assert Partition().parse(padded, what="eval_from") == padded
    assert Partition().parse(f"{day.year:04d}-{day.month}-{day.day}", what="eval_from") == padded
    assert Partition.of("hour").parse(padded, what="eval_from") == f"{padded}T00"


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("hour", "2026-11-5T7", "2026-11-05T07"),
        ("hour", "2026-11-05 07:00", "2026-11-05T07"),
        ("minute", "2026-11-05T0730", "2026-11-05T0730"),
        ("day", "2026-11-05T00", "2026-11-05"),
        ("request", "1500", "r000000001500"),
    ],
)
def test_times_as_people_write_them(kind: str, text: str, name: str) -> None:
    assert Partition.of(kind, requests=500).parse(text, what="eval_from") == name


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("day", "2017-13-01", "^eval_from '2017-13-01' is no day; write it as 2017-11-06$"),
        ("day", "06.11.2017", "is no day; write it as 2017-11-06$"),
        ("day", "2017-11-06 ", "is no day"),
        ("day", "17-11-06", "is no day"),
        ("day", "٢٠١٧-11-06", "is no day"),
        ("day", "0000-01-01", "is no day"),
        ("day", "", "is no day"),
        ("day", "2017-11-06T05", "does not begin one day; write it as 2017-11-06$"),
        ("hour", "2017-11-06T05:30", "does not begin one hour; write it as 2017-11-06T05$"),
        ("hour", "2017-11-06T24", "is no hour"),
        ("request", "1501", "^eval_from '1501': the number of a request, a multiple of 500, is the rule"),
        ("request", "2017-11-06", "the number of a request"),
    ],
)
def test_other_text_is_refused_with_the_right_form(kind: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Partition.of(kind, requests=500).parse(text, what="eval_from")


@pytest.mark.parametrize("partition", _PARTITIONS, ids=KINDS)
def test_a_data_set_says_how_it_is_cut(partition: Partition) -> None:
    assert Partition.of_source({"name": "convert", "arguments": partition.arguments()}) == partition
    assert Partition.of_source({"name": "adworld"}) == Partition()


def test_an_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(DataError, match=r"^partition 'week' is not one of \['day', 'hour', 'minute', 'request'\]$"):
        Partition.of("week")


def test_days_beyond_the_calendar_are_milliseconds() -> None:
    assert day_of(17_226) == "2017-03-01"
    with pytest.raises(DataError, match="are these milliseconds"):
        day_of(17_226_000)


@pytest.mark.parametrize("partition", _PARTITIONS, ids=KINDS)
def test_a_name_tells_its_kind(partition: Partition) -> None:
    assert kind_of(partition.name(partition.number(np.array(1_488_346_211)))).kind == partition.kind


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "none"),
        (["2026-11-01"], "1 day, 2026-11-01"),
        (["2026-11-01T23", "2026-11-01T00"], "2 hours, 2026-11-01T00 to 2026-11-01T23"),
        (["r000000000000", "r000000000500"], "2 parts, r000000000000 to r000000000500"),
    ],
)
def test_spans_in_words(names: list[str], words: str) -> None:
    assert span(names) == words


def test_counts_in_words() -> None:
    assert [Partition.of(kind).words(count) for kind, count in (("day", 1), ("hour", 48))] == ["1 day", "48 hours"]


@pytest.mark.parametrize(
    ("kind", "finer"), [("day", ("hour", "minute")), ("hour", ("minute",)), ("minute", ()), ("request", ())]
)
def test_what_cuts_the_same_log_finer(kind: str, finer: tuple[str, ...]) -> None:
    partition = Partition.of(kind, requests=3)
    assert partition.finer == finer
    assert partition.next_finer == (finer[0] if finer else "")
