"""Where the values of a feature lie, in bins that training's values cut: deciles of numbers, frequent tokens."""

import numpy as np
from scipy import stats

_DECILES = np.linspace(0.0, 1.0, 11)[1:-1]
_FREQUENT = 19  # tokens with a bin of their own; all others share one
_CHANCE = 1e-4  # how often the index may be as large by chance, where nothing moved


def edges_of(numbers: np.ndarray) -> list[float]:
    """The distinct deciles of `[rows]` numbers, at most nine."""
    return np.unique(np.quantile(numbers, _DECILES)).tolist() if len(numbers) else []


def number_counts(numbers: np.ndarray, edges: list[float]) -> np.ndarray:
    """`[2 * edges + 1]`: how many of `[rows]` numbers lie between two edges, and how many on one.

    A number that many rows share, or all, is an edge; so a constant that became another constant is seen.
    """
    cut = np.asarray(edges, np.float64)
    values = numbers.astype(np.float64)
    place = np.searchsorted(cut, values, side="left") + np.searchsorted(cut, values, side="right")
    return np.bincount(place, minlength=2 * len(edges) + 1)


def frequent(hashes: np.ndarray) -> list[int]:
    """The most frequent of `[rows]` hashes of tokens, at most 19."""
    found, counts = np.unique(hashes, return_counts=True)
    return found[np.lexsort([found, -counts])][:_FREQUENT].tolist()


def token_counts(hashes: np.ndarray, tokens: list[int]) -> np.ndarray:
    """`[tokens + 1]`: how often each token comes among `[rows]` hashes; the last counts all others."""
    counts = [int((hashes == np.uint64(token)).sum()) for token in tokens]
    return np.array([*counts, len(hashes) - sum(counts)])


def psi(before: np.ndarray, after: np.ndarray) -> float:
    """The population stability index of two histograms, `[bins]` counts each; 0 is the same distribution.

        sum over bins of (p - q) * ln(p / q)

    Half a count is added to each bin, so that an empty one is finite. A rule of credit scoring, where the index comes
    from: below 0.1 nothing moved, above 0.25 much did.
    """
    used = (before > 0) | (after > 0)
    p, q = ((counts[used] + 0.5) / (counts[used] + 0.5).sum() for counts in (before, after))
    return float(((p - q) * np.log(p / q)).sum())


def by_chance(before: np.ndarray, after: np.ndarray, *, tries: int = 1) -> float:
    """The index that two histograms `[bins]` of one distribution pass once in 10,000 times.

    Of `tries` of them one passes it as rarely. The index of samples of n and m rows is about (1 / n + 1 / m) times
    chi-squared with one degree of freedom less than there are bins (Yurdakul, 2018).
    """
    bins = int(((before > 0) | (after > 0)).sum())
    if bins < 2 or not before.sum() or not after.sum():
        return float("inf")
    return float(stats.chi2.isf(_CHANCE / tries, bins - 1) * (1 / before.sum() + 1 / after.sum()))
