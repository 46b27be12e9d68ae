"""What each household bought most often before a week, as a ragged list of tokens."""

import numpy as np

from tfrecords_tools.requests import Ragged


class Favorites:
    """Purchases by household and token, asked only about the weeks before one.

    Args:
        households, tokens, weeks: `[purchases]` ints; purchases with a negative token are left out.
    """

    def __init__(self, households: np.ndarray, tokens: np.ndarray, weeks: np.ndarray) -> None:
        known = np.flatnonzero(np.asarray(tokens) >= 0)
        known = known[np.argsort(np.asarray(weeks)[known], kind="stable")]
        self._weeks = np.asarray(weeks, np.int64)[known]
        self._tokens = int(np.max(tokens, initial=0)) + 1
        pairs = np.asarray(households, np.int64)[known] * self._tokens + np.asarray(tokens)[known]
        unique, self._pair = np.unique(pairs, return_inverse=True)
        self._household, self._token = unique // self._tokens, unique % self._tokens

    def top(self, households: np.ndarray, week: int, *, size: int, last: int | None = None) -> Ragged:
        """The `size` tokens bought most often before `week`, ties to the more recent and then to the smaller token.

        Args:
            households: `[rows]` distinct ints.
            week: Only purchases of weeks before it count.
            size: Most tokens a row.
            last: Number of weeks before `week` that count; all if it is not given.
        """
        first_week = 0 if last is None else max(week - last, 0)
        seen = slice(*np.searchsorted(self._weeks, [first_week, week]))
        count = np.bincount(self._pair[seen], minlength=len(self._token))
        latest = np.zeros(len(self._token), np.int64)
        latest[self._pair[seen]] = self._weeks[seen]  # sorted by week: the last assignment is the latest
        bought = np.flatnonzero((count > 0) & np.isin(self._household, households))
        # One sortable number: household, most bought, most recent, smallest token.
        most = int(count.max(initial=0)) + 1
        key = self._household[bought] * most + (most - 1 - count[bought])
        key = np.sort((key * 64 + (63 - latest[bought])) * self._tokens + self._token[bought])
        owner = key // (self._tokens * 64 * most)
        start = np.searchsorted(owner, households)
        lengths = np.minimum(np.searchsorted(owner, households, side="right") - start, size)
        return Ragged(key[runs(start, lengths)] % self._tokens, lengths)


def runs(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """`starts[0], starts[0] + 1, ..., starts[1], ...`: positions of `lengths` neighbors from each start."""
    offsets = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - offsets, lengths)
