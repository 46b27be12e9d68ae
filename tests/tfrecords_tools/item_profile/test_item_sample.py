"""Tests of tfrecords_tools/item_profile/item_sample.py."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.tfrecords_tools.item_profile.many_items import many_items
from tfrecords_tools.item_profile.item_sample import ItemSample
from tfrecords_tools.requests import Items


def ids(items: Items | None) -> set[bytes]:
    return set() if items is None else set(items.item_id.tolist())


def test_an_item_counts_once_as_it_was_seen_last() -> None:
    items, sample = many_items(3), ItemSample(2)
    early, late = items.take(np.array([0, 1, 0])), items.take(np.array([1]))
    late.item["price"][:] = 9.0
    sample.add(early)
    sample.add(late)
    kept = sample.of(0)
    assert kept is not None
    prices = dict(zip(kept.item_id.tolist(), kept.item["price"].tolist(), strict=True))
    assert prices == {b"i0": items.item["price"][0], b"i1": 9.0}
    assert sample.of(1) is None


@given(rows=st.lists(st.lists(st.integers(0, 29), min_size=1, max_size=20), min_size=1, max_size=4))
def test_the_sample_does_not_depend_on_how_rows_are_cut(rows: list[list[int]]) -> None:
    items, cut, whole = many_items(30), ItemSample(2, most=5), ItemSample(2, most=5)
    for block in rows:
        cut.add(items.take(np.array(block)))
    whole.add(items.take(np.array([row for block in rows for row in block])))
    assert ids(cut.of(0)) == ids(whole.of(0))
    assert len(ids(cut.of(0))) == min(5, len({row for block in rows for row in block}))
