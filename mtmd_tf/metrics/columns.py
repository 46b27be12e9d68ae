"""Checks of the columns that a metric is given: one value per pair, in the range its meaning allows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def column(values: Any, *, name: str, pairs: int, dtype: type) -> np.ndarray:
    """`values` as a numpy array `[pairs]` of `dtype`.

    Raises:
        ValueError: Another shape.
    """
    array = np.asarray(values)
    if array.shape != (pairs,):
        raise ValueError(f"{name} must be one value per pair, shape ({pairs},); got {array.shape}")
    return array.astype(dtype, copy=False)


def require_tasks(columns: Mapping[str, Any], *, name: str, tasks: Sequence[str], complete: bool) -> None:
    """Refuses a task that is unknown and, where `complete`, a task without a column.

    Raises:
        ValueError: It lists the tasks.
    """
    unknown = [task for task in columns if task not in tasks]
    missing = [task for task in tasks if task not in columns] if complete else []
    if unknown or missing:
        raise ValueError(f"{name}: tasks {unknown} are unknown and {missing} are missing; the tasks are {list(tasks)}")


def require_labels(label: np.ndarray, *, name: str) -> None:
    """Refuses labels, `[...]`, that are no probability; NaN (no label) passes.

    Raises:
        ValueError: It gives the range that came.
    """
    if label.size and not np.all(np.isnan(label) | ((label >= 0) & (label <= 1))):
        raise ValueError(f"{name} must be a probability in [0, 1] or NaN; got {np.nanmin(label)} to {np.nanmax(label)}")


def require_values(value: np.ndarray, *, name: str) -> None:
    """Refuses values, `[...]`, that are negative or infinite; NaN (no label) passes.

    Raises:
        ValueError: It gives the range that came.
    """
    if value.size and not np.all(np.isnan(value) | ((value >= 0) & (value < np.inf))):
        raise ValueError(f"{name} must be finite and at least 0, or NaN; got {np.nanmin(value)} to {np.nanmax(value)}")


def require_events(event: np.ndarray, *, name: str) -> None:
    """Refuses events, `[...]`, that are not 1, 0 or -1 (not observed).

    Raises:
        ValueError: It lists what came.
    """
    strange = np.setdiff1d(event, (-1, 0, 1))
    if strange.size:
        raise ValueError(f"{name} must be 1, 0 or -1 (not observed); got {strange[:5].tolist()}")


def require_log_probabilities(values: np.ndarray, *, name: str) -> None:
    """Refuses logarithms, `[...]`, above 0 (up to rounding), and NaN.

    Raises:
        ValueError: It counts the offenders.
    """
    wrong = ~(values <= 1e-6)
    if wrong.any():
        raise ValueError(
            f"{name} must be a logarithm <= 0; {int(wrong.sum())} of {values.size} pairs have NaN or more, "
            f"such as {values[wrong][0]}"
        )
