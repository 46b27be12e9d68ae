"""One cut by hand: a request of three candidates and one of two, cut at two."""

import numpy as np

from mtmd_tf.metrics.cut import RequestCut
from mtmd_tf.metrics.order import RequestOrder

ROW = np.array([0, 0, 0, 1, 1])
LABEL = np.array([0.1, 0.2, 0.4, 0.3, 0.5])


def cut(score: list[float]) -> RequestCut:
    return RequestCut(RequestOrder(ROW, LABEL), RequestOrder(ROW, np.array(score)), size=2)


def test_only_a_request_with_more_candidates_is_cut() -> None:
    found = cut([3.0, 2.0, 1.0, 1.0, 2.0])
    assert (found.candidates.tolist(), found.is_cut.tolist()) == ([3, 2], [True, False])
    np.testing.assert_allclose(found.sums(found.kept * LABEL), [0.1 + 0.2, 0.0])
    np.testing.assert_allclose(found.sums(found.best * LABEL), [0.2 + 0.4, 0.0])


def test_ties_are_kept_in_part() -> None:
    np.testing.assert_allclose(cut([1.0, 1.0, 1.0, 1.0, 1.0]).kept, [2 / 3, 2 / 3, 2 / 3, 1.0, 1.0])


def test_the_top_of_a_small_request_is_all_of_it() -> None:
    share, size = cut([3.0, 2.0, 1.0, 1.0, 2.0]).top(3)
    assert (share.tolist(), size.tolist()) == ([1.0] * 5, [3, 2])
