"""Which offline measure of a model predicts its online change? Rank correlations over models (paper section 3.2)."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from tfrecords_tools.requests import DataError

LEAST_MODELS, WISHED_MODELS = 4, 12  # below the first nothing is said; below the second, it is said that it is few
_BOOTSTRAP_FROM = 8  # models; of fewer, resamples hardly differ, and their interval covers 41% to 95% instead of 95%
_NORMAL = 1.96


@dataclasses.dataclass(frozen=True, kw_only=True)
class Correlation:
    """Spearman's rank correlation of an offline measure with an online one, over models.

    Attributes:
        offline: Name of the offline measure.
        online: Name of the online one.
        value: Rank correlation, -1 to 1.
        low: Lower end of the 95% interval over models.
        high: Upper end.
        models: Number of models that have both.
    """

    offline: str
    online: str
    value: float
    low: float
    high: float
    models: int


def offline_against_online(
    models: pd.DataFrame, *, offline: Sequence[str], online: Sequence[str], draws: int = 2000, seed: int = 0
) -> list[Correlation]:
    """The rank correlation of each offline measure with each online one; empty with fewer than 4 models.

    From 8 models on the interval is a bootstrap's. Draws in which a measure is the same for all models have no rank
    correlation and are left out of it. Of fewer models it is that of Fisher's z (Bonett and Wright 2000):

        tanh(atanh(r) -+ 1.96 sqrt((1 + r**2 / 2) / (models - 3)))

    where an r of 1 or -1 counts as halfway to the next value that it could have had.

    Args:
        models: One row a model, with a column for each measure; NaN where it was not measured.
        offline: Columns of the offline measures.
        online: Columns of the online measures.
        draws: Bootstrap draws of models, with replacement.
        seed: Seed of the draws.

    Raises:
        DataError: A column that is missing.
    """
    missing = [name for name in (*offline, *online) if name not in models.columns]
    if missing:
        raise DataError(f"the table of models lacks the column {missing[0]!r}; it has {', '.join(models.columns)}")
    found = []
    for left in offline:
        for right in online:
            both = models[[left, right]].dropna().to_numpy(np.float64)
            if len(both) >= LEAST_MODELS and (np.ptp(both, axis=0) > 0.0).all():
                value = float(_spearman(both[None])[0])
                low, high = _few(value, len(both)) if len(both) < _BOOTSTRAP_FROM else _bootstrap(both, draws, seed)
                found.append(Correlation(offline=left, online=right, value=value, low=low, high=high, models=len(both)))
    return found


def _bootstrap(pairs: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).integers(0, len(pairs), (draws, len(pairs)))
    low, high = np.nanpercentile(_spearman(pairs[drawn]), [2.5, 97.5])
    return float(low), float(high)


def _few(value: float, models: int) -> tuple[float, float]:
    furthest = 1.0 - 6.0 / (models * (models**2 - 1))  # the next value below 1 is twice as far from it
    value = float(np.clip(value, -furthest, furthest))
    error = _NORMAL * np.sqrt((1.0 + value**2 / 2.0) / (models - 3))
    return float(np.tanh(np.arctanh(value) - error)), float(np.tanh(np.arctanh(value) + error))


def _spearman(pairs: np.ndarray) -> np.ndarray:
    """`[draws]` rank correlations of `[draws, models, 2]`; NaN where one side does not vary."""
    ranks = stats.rankdata(pairs, axis=1)
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (apart[..., 0] * apart[..., 1]).sum(axis=1) / np.sqrt(np.prod((apart**2).sum(axis=1), axis=1))
