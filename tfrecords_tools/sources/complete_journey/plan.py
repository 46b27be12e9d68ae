"""Counts of promotion locations: how a week's plan looks to a store or to a product."""

import numpy as np


def counts(owner: np.ndarray, location: np.ndarray, *, of: np.ndarray) -> np.ndarray:
    """How often each owner in `of` (sorted, distinct) has each location: `[of, 16]`, column 0 (none) left at 0."""
    place = np.minimum(np.searchsorted(of, owner), len(of) - 1)
    placed = (of[place] == owner) & (location > 0)
    cells = place[placed] * 16 + location[placed]
    return np.bincount(cells, minlength=len(of) * 16).reshape(len(of), 16)


def commonest(table: np.ndarray) -> np.ndarray:
    """The most common location, `[rows]`, of `counts`, `[rows, locations]`; the smaller code in a tie, -1 for none."""
    return np.where(table.any(axis=1), table.argmax(axis=1), -1)
