"""Keeps the best rows of a corpus while it is scanned block by block (paper section 2.2)."""

import numpy as np


def top_rows(utility: np.ndarray, top: int) -> np.ndarray:
    """The rows, `[top]`, of the largest of `[rows]`, best first; ties keep their order."""
    top = min(top, len(utility))
    if top == 0:
        return np.zeros(0, np.int64)
    least = -np.partition(-utility, top - 1)[top - 1]
    above = np.flatnonzero(utility > least)
    rows = np.concatenate([above, np.flatnonzero(utility == least)[: top - len(above)]])
    return rows[np.lexsort((rows, -utility[rows]))]


class TopRows:
    """The best rows so far of each request, by a running threshold: a row at or under it is never looked at again.

    Ties go to the earlier row, so rows must come in order.

    Args:
        requests: How many are ranked at once.
        top: How many rows each keeps.
    """

    def __init__(self, requests: int, *, top: int) -> None:
        self._top = top
        self._most_pending = 4 * top + 1024
        self._rows = [np.zeros(0, np.int64) for _ in range(requests)]
        self._utility = [np.zeros(0, np.float32) for _ in range(requests)]
        self._threshold: list[np.float32 | None] = [None] * requests

    def add(self, utility: np.ndarray, *, rows: slice | np.ndarray) -> None:
        """Takes in a block.

        Args:
            utility: Utilities, `[requests, rows]`.
            rows: A range or `[rows]`, rising, above those of the blocks before.
        """
        for request, (values, threshold) in enumerate(zip(utility, self._threshold, strict=True)):
            if threshold is None:
                places = top_rows(values, self._top)
                places.sort()
            else:
                places = np.flatnonzero(values > threshold)
            if len(places):
                own = places + rows.start if isinstance(rows, slice) else rows[places]
                self._rows[request] = np.concatenate([self._rows[request], own])
                self._utility[request] = np.concatenate([self._utility[request], values[places]])
                if threshold is None or len(self._rows[request]) > self._most_pending:
                    self._keep_the_best(request)

    def best(self, request: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and their utility, each at most `[top]`, best first."""
        best = top_rows(self._utility[request], self._top)
        return self._rows[request][best], self._utility[request][best]

    def _keep_the_best(self, request: int) -> None:
        kept = np.sort(top_rows(self._utility[request], self._top))
        self._rows[request], self._utility[request] = self._rows[request][kept], self._utility[request][kept]
        if len(kept) == self._top:
            self._threshold[request] = self._utility[request].min()
