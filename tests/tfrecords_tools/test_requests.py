"""Tests of tfrecords_tools/requests.py."""

import numpy as np

from tests.tfrecords_tools.tiny import tiny_items, tiny_requests
from tfrecords_tools.requests import Items, Ragged, column_take


def test_rows_cut_requests_with_their_candidates() -> None:
    middle = tiny_requests().rows(1, 3)
    assert middle.request_id.tolist() == [b"r1", b"r2"]
    assert middle.item_id.tolist() == [b"c", b"a", b"b", b"d"]
    assert middle.query["words"].values.tolist() == [b"shoe", b"red"]
    assert middle.query["words"].lengths.tolist() == [2, 0]
    assert middle.item["tags"].values.tolist() == [b"red", b"big", b"red"]
    assert middle.item["tags"].lengths.tolist() == [0, 2, 1, 0]
    assert middle.label["ctr"][:2].tolist() == [0.125, 0.5]


def test_no_rows_are_an_empty_block() -> None:
    nothing = tiny_requests().rows(2, 2)
    assert len(nothing.request_id) == len(nothing.item_id) == len(nothing.item["tags"].values) == 0


def test_take_reorders_and_repeats_ragged_rows() -> None:
    column = Ragged(np.array([1, 2, 3]), np.array([2, 0, 1]))
    values, lengths = column_take(column, np.array([2, 0, 1, 2]))
    assert values.tolist() == [3, 1, 2, 3]
    assert lengths.tolist() == [1, 2, 0, 1]


def test_items_joined_again_are_the_same() -> None:
    items = tiny_items()
    joined = Items.concat([items.rows(0, 1), items.rows(1, 4)])
    assert joined.item_id.tolist() == [b"a", b"b", b"c", b"d"]
    assert joined.item["tags"].values.tolist() == [b"red", b"big", b"red"]
    np.testing.assert_array_equal(joined.item_mask, items.item_mask)
