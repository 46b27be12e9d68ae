"""Corrects the heavyweight ranker's logits by the days held out, so that its probabilities add up in every slice."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

_SCALE_DEVIATION = 0.1  # how far each number may stray on little evidence: standard deviations of its prior
_TASK_DEVIATION = 0.3
_SLICE_DEVIATION = 0.1
_STEPS = 30


class Calibration(NamedTuple):
    """`logit' = scale * logit + shift`, for each task, before the constraint, which therefore still holds.

    Attributes:
        scale: `[tasks]`.
        shift: `[slices, tasks]`.
    """

    scale: np.ndarray
    shift: np.ndarray


def calibrate(logit: np.ndarray, *, event: np.ndarray, cell: np.ndarray, cells: int) -> tuple[float, np.ndarray]:
    """The likeliest `scale` and `shift[cells]` of one task, with normal priors around 1 and 0 (Platt scaling).

    The shift is the task's plus the slice's own, so a slice with few events follows the others.

    Args:
        logit: `[pairs]`, not yet calibrated.
        event: `[pairs]`, 1 or 0.
        cell: `[pairs]`, each pair's slice.
        cells: How many slices there are.
    """
    deviation = np.array([_SCALE_DEVIATION, _TASK_DEVIATION] + [_SLICE_DEVIATION] * cells)
    centre = np.array([1.0, 0.0] + [0.0] * cells)
    weight = centre.copy()
    slices = np.arange(cells)
    for _ in range(_STEPS):  # Newton's method; what it maximises is concave
        p = 1.0 / (1.0 + np.exp(-(weight[0] * logit + weight[1] + weight[2 + cell])))
        error, curve = event - p, p * (1.0 - p)

        def per_cell(values: np.ndarray) -> np.ndarray:
            return np.bincount(cell, weights=values, minlength=cells)

        gradient = np.concatenate([[error @ logit, error.sum()], per_cell(error)]) - (weight - centre) / deviation**2
        hessian = np.diag(1.0 / deviation**2)
        by_scale, by_shift = per_cell(curve * logit), per_cell(curve)
        hessian[:2, :2] += [[curve @ logit**2, by_scale.sum()], [by_scale.sum(), by_shift.sum()]]
        hessian[0, 2:], hessian[2:, 0] = by_scale, by_scale
        hessian[1, 2:], hessian[2:, 1] = by_shift, by_shift
        hessian[2 + slices, 2 + slices] += by_shift
        step = np.linalg.solve(hessian, gradient)
        weight = weight + step
        if np.abs(step).max() < 1e-8:
            break
    return float(weight[0]), weight[1] + weight[2:]


def fit_calibration(parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]], *, tasks: int, cells: int) -> Calibration:
    """Calibrates every task.

    Args:
        parts: `(logit [pairs, tasks], event [pairs, tasks], cell [pairs])`; NaN where the event could not happen or
            was not observed.
        tasks: How many tasks there are.
        cells: How many slices there are.
    """
    logit, event, cell = (np.concatenate(column) for column in zip(*parts, strict=True))
    scale, shift = np.ones(tasks), np.zeros((cells, tasks))
    for task in range(tasks):
        known = np.isfinite(event[:, task])
        scale[task], shift[:, task] = calibrate(
            logit[known, task].astype(np.float64), event=event[known, task], cell=cell[known], cells=cells
        )
    return Calibration(scale=scale, shift=shift)
