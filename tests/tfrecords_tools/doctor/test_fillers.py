"""Numbers and tokens that stand for nothing are found, and those that only look so are left in peace."""

import dataclasses

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import REQUESTS, table
from tfrecords_tools.doctor.fillers import examine
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature


def _marked(mark: float, *, every: int = 10, low: float = 0.0) -> list[str]:
    def some(data):
        data["query"]["age"] = np.linspace(low, 90, REQUESTS).astype(np.float32)
        data["query"]["age"][::every] = mark

    return [each.said for each in examine(table(some))]


@pytest.mark.parametrize("mark", [-1, -999, 9_999])
def test_a_number_far_from_all_others_may_say_that_none_is_there(mark: float) -> None:
    assert _marked(mark, low=1.0) == [f"10% of the values of query/age are {mark}, and all others 1.15 to 90"]


def _signs() -> list[str]:
    def change(data):
        data["query"]["age"] = (np.arange(REQUESTS) % 3 - 1).astype(np.float32)

    return [each.said for each in examine(table(change))]


def test_numbers_that_belong_to_the_others_are_values() -> None:
    assert _marked(-1, low=-50) == []
    assert _marked(-1, every=300) == []  # 2 of 600
    assert _marked(100) == []
    assert _signs() == []
    assert _marked(-1, every=1) == []  # constants are another subject
    assert [each.said for each in examine(table(lambda data: None))] == []


def _lists(lists: list[list[bytes]]) -> Table:
    """The healthy requests with these lists in turn in the place of the country."""
    healthy = table(lambda data: None)
    own = [lists[place % len(lists)] for place in range(REQUESTS)]
    words = Ragged(
        np.array([token for tokens in own for token in tokens], object), np.array([len(tokens) for tokens in own])
    )
    feature = Feature(name="country", side="query", kind="ragged", dtype="bytes", hash_buckets=9)
    schema = dataclasses.replace(healthy.schema, features=(feature, *healthy.schema.features[1:]))
    query = {**healthy.requests.query, "country": words}
    return dataclasses.replace(healthy, schema=schema, requests=dataclasses.replace(healthy.requests, query=query))


def _filled(*lists: str) -> list[str]:
    return [each.said for each in examine(_lists([text.encode().split() for text in lists]))]


def test_tokens_that_fill_lists_to_one_length_are_found() -> None:
    end = ["50% of the tokens of query/country are '0', at the end of its lists alone, which all have 4"]
    assert _filled("a b c d", "a b 0 0", "c 0 0 0", "b d e 0", "0 0 0 0", "a b 0 0") == end
    beginning = "at the beginning of its lists alone, which all have 3"
    assert _filled("a b c", "0 0 c", "0 b a") == [f"33% of the tokens of query/country are '0', {beginning}"]


def test_lists_that_are_no_longer_than_they_are_say_nothing() -> None:
    assert _filled("a b c d", "a b 0 0", "c 0 0") == []  # of two lengths
    assert _filled("a b 0 0", "a 0 b 0", "c c 0 0") == []  # it stands between others too
    assert _filled("a b c", "b c d", "c d e") == []
    assert _filled("0 0 0") == []  # one list alone
    assert _filled("a 0", "0 0") == []
