"""Tests of mtmd_tf/serving/ranking/top.py."""

import numpy as np

from mtmd_tf.serving.ranking.top import TopRows, top_rows


def test_ties_keep_their_order() -> None:
    assert top_rows(np.array([1.0, 3.0, 2.0, 3.0, 2.0, 2.0]), 4).tolist() == [1, 3, 2, 4]


def test_a_top_longer_than_the_list_is_the_list() -> None:
    assert top_rows(np.array([1.0, 2.0]), 10).tolist() == [1, 0]
    assert top_rows(np.zeros(0), 10).tolist() == []


def test_the_top_of_many_is_the_head_of_the_sorted() -> None:
    utility = np.random.default_rng(0).permutation(10_000).astype(float)
    assert top_rows(utility, 100).tolist() == np.argsort(-utility)[:100].tolist()


def test_blocks_find_what_the_whole_holds() -> None:
    utility = np.random.default_rng(0).integers(0, 50, (3, 20_000)).astype(np.float32)  # many ties
    best = TopRows(3, top=30)
    for first in range(0, 20_000, 701):
        own = utility[:, first : first + 701]
        rows = slice(first, first + own.shape[1])
        best.add(own, rows=rows if first % 2 else np.arange(rows.start, rows.stop))
    for request in range(3):
        rows, values = best.best(request)
        assert rows.tolist() == np.argsort(-utility[request], kind="stable")[:30].tolist()
        assert values.tolist() == utility[request, rows].tolist()


def test_fewer_rows_than_asked_for_are_all_kept() -> None:
    best = TopRows(1, top=5)
    best.add(np.float32([[1, -np.inf]]), rows=np.array([0, 1]))
    best.add(np.float32([[3]]), rows=np.array([2]))
    assert best.best(0)[0].tolist() == [2, 0, 1]
