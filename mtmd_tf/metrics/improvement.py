"""The relative improvement of an error, in percent: the one formula of every table and report (paper section 3.2)."""

from typing import Any

import numpy as np


def improvement(new: Any, old: Any) -> Any:
    """100 * (1 - new / old), element by element; above 0 the new model is better, NaN where `old` is not above 0.

    Args:
        new: Error of the model that should be better, a number or an array.
        old: Error of the model it is compared with, of the same shape.
    """
    old = np.asarray(old, np.float64)
    with np.errstate(invalid="ignore"):  # an infinite KL over an infinite one
        return 100.0 * (1.0 - new / np.where(old > 0.0, old, np.nan))
