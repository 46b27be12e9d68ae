"""Tests of tfrecords_tools/corpus.py."""

import numpy as np
import pytest

from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools import corpus
from tfrecords_tools.requests import DataError


def test_an_item_is_as_its_last_candidate_has_it() -> None:
    requests = tiny_requests()  # candidates a b, c, a b d, c d
    requests.item["price"][:] = np.arange(8)
    items = corpus.items_of(requests)
    assert items.item_id.tolist() == [b"a", b"b", b"c", b"d"]
    assert items.item["price"].tolist() == [3.0, 4.0, 6.0, 7.0]


def test_parts_join_as_if_they_were_one() -> None:
    requests = tiny_requests()
    requests.item["price"][:] = np.arange(8)
    joined = corpus.join(corpus.items_of(requests.rows(row, row + 1)) for row in range(4))
    assert joined.item_id.tolist() == [b"a", b"b", b"c", b"d"]
    assert joined.item["price"].tolist() == [3.0, 4.0, 6.0, 7.0]


def test_no_part_is_an_error() -> None:
    with pytest.raises(DataError, match="the logs hold no row"):
        corpus.join([])


@pytest.mark.parametrize("cut", [False, True])
def test_an_item_of_two_products_is_refused_within_a_part_and_across_parts(cut: bool) -> None:
    requests = tiny_requests()
    requests.product[3] = 1  # a of r2 is standard in r0
    parts = [requests.rows(0, 2), requests.rows(2, 4)] if cut else [requests]
    with pytest.raises(
        DataError, match=r"^item a, item/product: one product in all rows of an item, .*such as a-a and a-b$"
    ):
        corpus.join(corpus.items_of(part) for part in parts)
