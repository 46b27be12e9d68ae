"""Point-in-time look-ups: what was on record in the weeks strictly before a given one."""

import dataclasses

import numpy as np

_WEEKS = 64  # more than any week's number


def joint(first: np.ndarray, second: np.ndarray, *, size: int) -> np.ndarray:
    """One key, `[rows]`, of two, `second` below `size`; -1, which nothing has, where `second` is -1."""
    return np.where(np.asarray(second) < 0, -1, np.asarray(first, np.int64) * size + second)


class History:
    """Records sorted by key and week, asked only about the weeks before one.

    Values are whole numbers (money in cents), so that a sum depends on its own records alone and not on how a running
    sum over other keys and later weeks was rounded.

    Args:
        keys: `[records]` ints; records with a negative key are left out.
        weeks: `[records]` ints in 0..63.
        values: `[records]` ints or bools each, to be summed by `Past.total`.
    """

    def __init__(self, keys: np.ndarray, weeks: np.ndarray, **values: np.ndarray) -> None:
        keys, weeks = np.asarray(keys, np.int64), np.asarray(weeks, np.int64)
        at = keys * _WEEKS + weeks
        order = np.argsort(at, kind="stable")[np.count_nonzero(keys < 0) :]
        self._at = at[order]
        self._sums = {}
        for name, value in values.items():
            value = np.asarray(value)
            if value.dtype.kind not in "iub":
                raise TypeError(f"history value {name!r}: must hold ints or bools, got {value.dtype}")
            self._sums[name] = np.concatenate([[0], np.cumsum(value[order], dtype=np.int64)])

    def before(self, keys: np.ndarray, week: int, *, last: int | None = None) -> "Past":
        """The records of each of `keys` in weeks before `week`; with `last`, in the last so many of those weeks."""
        keys = np.asarray(keys, np.int64)
        first_week = 0 if last is None else max(week - last, 0)
        start = np.searchsorted(self._at, keys * _WEEKS + first_week)
        end = np.searchsorted(self._at, keys * _WEEKS + week)
        return Past(week, start, end, self._at, self._sums)


@dataclasses.dataclass(frozen=True)
class Past:
    """The records of some keys before a week; every answer is `[keys]` float64, NaN where there is none."""

    _week: int
    _start: np.ndarray
    _end: np.ndarray
    _at: np.ndarray
    _sums: dict[str, np.ndarray]

    @property
    def count(self) -> np.ndarray:
        """Number of records."""
        return (self._end - self._start).astype(np.float64)

    def total(self, value: str) -> np.ndarray:
        """Sum of a value."""
        sums = self._sums[value]
        return (sums[self._end] - sums[self._start]).astype(np.float64)

    def mean(self, value: str) -> np.ndarray:
        """Mean of a value, NaN where there is no record."""
        return ratio(self.total(value), self.count)

    @property
    def weeks_since(self) -> np.ndarray:
        """Weeks since the last record, at least 1; NaN where there is none."""
        if len(self._at) == 0:
            return np.full(len(self._end), np.nan)
        return np.where(self._end > self._start, self._week - self._at[self._end - 1] % _WEEKS, np.nan)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, `[rows]`, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
