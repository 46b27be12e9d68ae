"""The interval of an improvement: a bootstrap over the requests and over the seeds of each model (paper Table 1)."""

import dataclasses
import warnings
from collections.abc import Sequence

import numpy as np

from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.metrics.improvement import improvement

DRAWS = 1000

_AT_ONCE = 1 << 22  # numbers drawn together: about 100 MB


@dataclasses.dataclass(frozen=True, kw_only=True)
class Interval:
    """Relative improvement of LogMAE or KL in percent, a value per column; NaN where there is nothing to improve on.

    Attributes:
        value: `[columns]`, 100 * (1 - mean of the seeds' new error / mean of the seeds' old error).
        low: `[columns]` lower end of the interval.
        high: `[columns]` upper end.
        by_seed: `[seeds, columns]`, the improvement seed against seed.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    by_seed: np.ndarray

    def at(self, column: int) -> Improvement:
        """The improvement in one column."""
        value, low, high = (float(ends[column]) for ends in (self.value, self.low, self.high))
        return Improvement(value=value, low=low, high=high, by_seed=tuple(self.by_seed[:, column].tolist()))


def bootstrap(
    new: np.ndarray,
    old: np.ndarray,
    *,
    means: Sequence[Sequence[int]] = (),
    draws: int = DRAWS,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """The improvement of one model over another on the same requests, with a percentile interval.

    A draw takes as many requests as there are, with replacement, the same for both models, because their errors on a
    request are correlated. It also takes as many seeds as there are, with replacement, for each model apart, because
    its trainings are independent. The mean of n seeds drawn this way has sqrt((n - 1) / n) of the spread of a mean of
    n trainings, so the movement by the seeds is stretched by the inverse (docs/adr/0012). With one seed the interval
    covers the requests only. Counts of pairs cancel in the ratio, because both models are measured on the same pairs.
    A draw without a pair of a column is left out of that column.

    Args:
        new: `[seeds, requests, columns]` sums of the error over each request, of the model that should be better.
        old: `[seeds, requests, columns]` sums of the model it is compared with.
        means: Columns of which the mean improvement is one more column at the end, drawn as one.
        draws: Number of draws.
        seed: Seed of the draws.
        confidence: Share of the draws within the interval.

    Raises:
        ValueError: Other shapes, or no seed or request.
    """
    if new.ndim != 3 or new.shape != old.shape or not new.shape[0] or not new.shape[1]:
        raise ValueError(
            f"new and old must both be [seeds, requests, columns], none of them 0; got {new.shape} and {old.shape}"
        )
    seeds, requests, columns = new.shape
    random = np.random.default_rng(seed)
    flat = np.concatenate([new, old]).transpose(1, 0, 2).reshape(requests, -1).astype(np.float64)
    sums = np.concatenate([_counts(random, requests, chunk) @ flat for chunk in _chunks(draws, requests)])
    sums = sums.reshape(draws, 2, seeds, columns)
    stretch = np.sqrt(seeds / (seeds - 1)) if seeds > 1 else 1.0
    weight = 1.0 + stretch * (np.stack([_counts(random, seeds, draws), _counts(random, seeds, draws)], axis=1) - 1.0)
    drawn = _with_means(*np.moveaxis(np.einsum("dms,dmsc->dmc", weight, sums), 1, 0), means=means)
    tail = 50.0 * (1.0 - confidence)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without errors is NaN in every draw
        low, high = np.nanpercentile(drawn, [tail, 100.0 - tail], axis=0)
    return Interval(
        value=_with_means(new.sum(axis=(0, 1)), old.sum(axis=(0, 1)), means=means),
        low=low,
        high=high,
        by_seed=_with_means(new.sum(axis=1), old.sum(axis=1), means=means),
    )


def _chunks(draws: int, requests: int) -> list[int]:
    size = max(_AT_ONCE // requests, 1)
    return [min(size, draws - start) for start in range(0, draws, size)]


def _counts(random: np.random.Generator, choices: int, draws: int) -> np.ndarray:
    """`[draws, choices]`: how often each was taken when `choices` were taken with replacement."""
    taken = random.integers(0, choices, (draws, choices)) + choices * np.arange(draws)[:, None]
    return np.bincount(taken.ravel(), minlength=draws * choices).reshape(draws, choices).astype(np.float64)


def _with_means(new: np.ndarray, old: np.ndarray, *, means: Sequence[Sequence[int]]) -> np.ndarray:
    own = improvement(new, old)
    return np.concatenate([own, *(own[..., list(columns)].mean(axis=-1, keepdims=True) for columns in means)], axis=-1)
