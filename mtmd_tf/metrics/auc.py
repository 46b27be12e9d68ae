"""Area under the ROC curve in one pass and bounded memory, from histograms of log-odds (paper section 3.1)."""

import numpy as np


class StreamingAUC:
    """AUC of many cells at once, each from two histograms of log-odds: of its positives and of its negatives.

        AUC = sum_b positive_b * (negatives below b + negative_b / 2) / (positives * negatives)

    Only a positive and a negative that share a bin can be counted wrongly, and then by at most 1/2, so the exact AUC is
    within a bound, sum_b positive_b * negative_b / (2 * positives * negatives), of the value.

    Args:
        cells: How many AUCs are kept.
        bins: Equal bins over [-limit, limit]; the two at the ends also take what lies beyond.
        limit: Largest log-odds that are told apart.
    """

    def __init__(self, *, cells: int, bins: int = 2**14, limit: float = 30.0) -> None:
        self._cells, self._bins, self._limit = cells, bins, limit
        self._histogram = np.zeros((cells, 2, bins))  # [cells, negative | positive, bins]

    def update(self, *, cell: np.ndarray, log_odds: np.ndarray, event: np.ndarray, weight: np.ndarray) -> None:
        """Counts pairs: `cell`, `log_odds`, `event` (0 or 1) and `weight`, each `[pairs]`."""
        inside = np.clip(log_odds, -self._limit, self._limit)
        bins = ((inside + self._limit) * (self._bins / (2 * self._limit))).astype(np.int64)
        flat = (cell * 2 + event) * self._bins + np.minimum(bins, self._bins - 1)
        np.add.at(self._histogram.reshape(-1), flat, weight)

    def value(self, *, cells: np.ndarray) -> float | None:
        """AUC over all pairs of `cells` together; None without a positive or without a negative."""
        return self.value_and_bound(cells=cells)[0]

    def value_and_bound(self, *, cells: np.ndarray) -> tuple[float | None, float | None]:
        """`value`, and how far the exact AUC can be from it; None, None where there is no value."""
        negative, positive = self._histogram[cells].sum(axis=0)
        pairs = negative.sum() * positive.sum()
        if not pairs > 0:
            return None, None
        below = np.cumsum(negative) - negative
        return float(positive @ (below + negative / 2) / pairs), float(positive @ negative / (2 * pairs))
