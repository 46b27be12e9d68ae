"""Which offline measure of a model predicts its online change? Rank correlations over models (paper section 3.2)."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from tfrecords_tools.requests import DataError

LEAST_MODELS, WISHED_MODELS = 4, 12  # below the first nothing is said; below the second, it is said that it is few


@dataclasses.dataclass(frozen=True, kw_only=True)
class Correlation:
    """Spearman's rank correlation of an offline measure with an online one, over models.

    Attributes:
        offline: Name of the offline measure.
        online: Name of the online one.
        value: Rank correlation, -1 to 1.
        low: Lower end of the 95% bootstrap interval over models.
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

    Draws in which a measure is the same for all models have no rank correlation and are left out of the interval.

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
                drawn = np.random.default_rng(seed).integers(0, len(both), (draws, len(both)))
                spread = _spearman(both[drawn])
                low, high = np.nanpercentile(spread, [2.5, 97.5])
                value = float(_spearman(both[None])[0])
                found.append(
                    Correlation(
                        offline=left, online=right, value=value, low=float(low), high=float(high), models=len(both)
                    )
                )
    return found


def _spearman(pairs: np.ndarray) -> np.ndarray:
    """`[draws]` rank correlations of `[draws, models, 2]`; NaN where one side does not vary."""
    ranks = stats.rankdata(pairs, axis=1)
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (apart[..., 0] * apart[..., 1]).sum(axis=1) / np.sqrt(np.prod((apart**2).sum(axis=1), axis=1))
