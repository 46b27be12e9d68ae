"""Order within each request, ties included, for many requests at once."""

import numpy as np


class RequestOrder:
    """Each pair's rank in its own request when `value` falls: how many are greater, and how many tie with it.

    Args:
        row: `[pairs]` request of each pair, numbered from 0 without gaps.
        value: `[pairs]`, no NaN.
    """

    def __init__(self, row: np.ndarray, value: np.ndarray) -> None:
        order = np.lexsort((-value, row))
        new_row = np.diff(row[order], prepend=-1) != 0
        new_tie = new_row | np.append(
            True, value[order][1:] != value[order][:-1]
        )  # not by a difference: inf - inf is NaN
        start_of_row = np.flatnonzero(new_row)[np.cumsum(new_row) - 1]
        tie, starts = np.cumsum(new_tie) - 1, np.flatnonzero(new_tie)
        self.row = row
        self._greater, self._ties = np.empty(len(row)), np.empty(len(row))
        self._greater[order] = starts[tie] - start_of_row
        self._ties[order] = np.bincount(tie)[tie]

    def share_in_top(self, size: int) -> np.ndarray:
        """In which share of the orders of its ties a pair is among the first `size` of its request: `[pairs]`."""
        return np.clip((size - self._greater) / self._ties, 0.0, 1.0)

    def centered_rank(self) -> np.ndarray:
        """The average rank less the request's middle rank, so that it sums to 0 over a request: `[pairs]`."""
        middle = (np.bincount(self.row)[self.row] - 1) / 2
        return self._greater + (self._ties - 1) / 2 - middle
