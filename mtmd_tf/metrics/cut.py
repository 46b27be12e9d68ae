"""One lightweight cut, request by request: what is kept, and what the best would have been (paper section 1)."""

import numpy as np

from mtmd_tf.metrics.order import RequestOrder


class RequestCut:
    """Keeps the N best of each request by score; a request of N or fewer candidates is not cut, and its sums are 0.

    Args:
        by_label: Order by the heavyweight ranker's label or value.
        by_score: Order of the same pairs by the lightweight ranker's score.
        size: N.

    Attributes:
        candidates: `[requests]` how many candidates each request has.
        is_cut: `[requests]` bool: more than N of them.
        kept: `[pairs]` share in which a pair is kept; below 1 only among ties.
        best: `[pairs]` share in which a pair is among the N best by label.
    """

    def __init__(self, by_label: RequestOrder, by_score: RequestOrder, *, size: int) -> None:
        self._by_label = by_label
        self.candidates = np.bincount(by_label.row)
        self.is_cut = self.candidates > size
        self.kept, self.best = by_score.share_in_top(size), by_label.share_in_top(size)

    def sums(self, weight: np.ndarray) -> np.ndarray:
        """`[requests]` sums of a weight `[pairs]`; 0 where nothing is cut."""
        return np.where(self.is_cut, np.bincount(self._by_label.row, weights=weight), 0.0)

    def top(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """`[pairs]` share in which a pair is among the `size` best by label, `[requests]` how many these are."""
        return self._by_label.share_in_top(size), np.minimum(size, self.candidates)
