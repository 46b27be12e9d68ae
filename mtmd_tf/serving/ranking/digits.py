"""Rows of numbers as two digits of int8 each (docs/adr/0054).

    x = scale * (high + low / 254),  scale = the row's largest abs(x) / 127

The high digit alone is within scale / 2 of x, both digits together within scale / 508.
"""

from typing import NamedTuple

import numpy as np

STEPS = 254  # of the low digit in one of the high digit: a rounding error of up to a half is 127 steps
_LARGEST = 127


class Digits(NamedTuple):
    """`[rows, width]` numbers: `scale` `[rows]` float32, `high` and `low` `[rows, width]` int8."""

    scale: np.ndarray
    high: np.ndarray
    low: np.ndarray


def to_digits(values: np.ndarray) -> Digits:
    """The digits of `[rows, width]` float32; a row whose scale rounds to 0 is 0."""
    scale = np.abs(values).max(axis=1, initial=0.0) / np.float32(_LARGEST)
    steps = values / np.where(scale > 0, scale, np.inf)[:, None]
    high = _whole(steps)
    return Digits(scale=scale, high=high, low=_whole((steps - high) * STEPS))


def from_digits(scale: np.ndarray, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """`[rows, width]` float32, of both digits."""
    return (high + low * np.float32(1 / STEPS)) * scale[:, None]


def _whole(steps: np.ndarray) -> np.ndarray:
    """To the nearest; the largest of a subnormal row, whose scale is rounded, may be above 127."""
    return np.clip(np.rint(steps), -_LARGEST, _LARGEST).astype(np.int8)
