"""Measures of one prediction against one label, from log-probabilities (paper sections 2.3 and 3.1).

With p the prediction and y the label, every function takes `log_p = ln p` and, where it needs it, `log_1mp = ln(1 - p)`
apart, so that nothing is lost where p rounds to 0 or 1. All arrays are `[pairs]` float64, and so is what is returned:
one value per pair, to be averaged.
"""

import numpy as np

DEFAULT_CLIP = 1e-6


def log_absolute_error(log_p: np.ndarray, *, label: np.ndarray, clip: float = DEFAULT_CLIP) -> np.ndarray:
    """`[pairs]`: |ln p - ln y| with p and y clipped to [clip, 1]; its mean is LogMAE (section 3.1)."""
    return np.abs(np.clip(log_p, np.log(clip), 0.0) - np.log(np.clip(label, clip, 1.0)))


def cross_entropy(log_p: np.ndarray, log_1mp: np.ndarray, *, label: np.ndarray) -> np.ndarray:
    """`[pairs]`: -y ln p - (1 - y) ln(1 - p), in nats, for a label that is itself a probability."""
    return -_times(label, log_p) - _times(1.0 - label, log_1mp)


def bernoulli_kl(log_p: np.ndarray, log_1mp: np.ndarray, *, label: np.ndarray) -> np.ndarray:
    """`[pairs]`: KL(y || p) = y ln(y / p) + (1 - y) ln((1 - y) / (1 - p)), in nats; 0 where p is y."""
    with np.errstate(divide="ignore"):  # ln 0 is dropped by its weight 0
        log_y, log_1my = np.log(label), np.log1p(-label)
    # Logarithms are subtracted before they are weighed: y ln y and y ln p apart would cancel where p is near y.
    return _times(label, log_y, log_p) + _times(1.0 - label, log_1my, log_1mp)


def absolute_error(log_p: np.ndarray, log_1mp: np.ndarray, *, label: np.ndarray) -> np.ndarray:
    """`[pairs]`: |p - y|, taken between complements where p is above 1/2."""
    high = log_p > log_1mp
    smaller = np.exp(np.where(high, log_1mp, log_p))
    return np.abs(smaller - np.where(high, 1.0 - label, label))


def log_odds(log_p: np.ndarray, log_1mp: np.ndarray) -> np.ndarray:
    """`[pairs]`: ln(p / (1 - p))."""
    return log_p - log_1mp


def _times(weight: np.ndarray, log: np.ndarray, minus: np.ndarray | float = 0.0) -> np.ndarray:
    """weight * (log - minus), and 0 where the weight is 0 whatever the logarithms are."""
    zero = weight == 0
    return weight * (np.where(zero, 0.0, log) - np.where(zero, 0.0, minus))
