"""Corrects the heavyweight ranker's logits by the days held out, so that its probabilities add up in every slice."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mtmd_tf.heavyweight.evidence import Evidence

_SCALE_DEVIATION = 0.1  # how far each number may stray on little evidence: standard deviations of its prior
_TASK_DEVIATION = 1.0
_SLICE_DEVIATION = 0.3
_STEPS = 60
_SMALL_STEP = 1e-7


class Calibration(NamedTuple):
    """`logit' = scale * logit + shift`, for each task, before the constraint, which therefore still holds.

    Attributes:
        scale: `[tasks]`.
        shift: `[slices, tasks]`.
    """

    scale: np.ndarray
    shift: np.ndarray


def calibrate(
    logit: np.ndarray, *, event: np.ndarray, cell: np.ndarray, cells: int, weight: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """The likeliest `scale` and `shift[cells]` of one task, with normal priors around 1 and 0 (Platt scaling).

    The shift is the task's plus the slice's own, so a slice with few events follows the others. With a weight, the
    sum of `weight * probability` is fitted to the sum of events: a child's marginal, not its rate given the parent.

    Args:
        logit: `[pairs]`, not yet calibrated.
        event: `[pairs]`, 1 or 0.
        cell: `[pairs]`, each pair's slice.
        cells: How many slices there are.
        weight: `[pairs]`, the probability of the parent; 1 where there is none.
    """
    weight = np.ones(len(logit)) if weight is None else weight
    deviation = np.array([_SCALE_DEVIATION, _TASK_DEVIATION] + [_SLICE_DEVIATION] * cells)
    centre = np.array([1.0, 0.0] + [0.0] * cells)
    found = centre.copy()
    slices = np.arange(cells)
    for _ in range(_STEPS):  # Newton's method; what it maximises is concave
        p = _sigmoid(found[0] * logit + found[1] + found[2 + cell])
        error, curve = event - weight * p, weight * p * (1.0 - p)

        def per_cell(values: np.ndarray) -> np.ndarray:
            return np.bincount(cell, weights=values, minlength=cells)

        gradient = np.concatenate([[error @ logit, error.sum()], per_cell(error)]) - (found - centre) / deviation**2
        hessian = np.diag(1.0 / deviation**2)
        by_scale, by_shift = per_cell(curve * logit), per_cell(curve)
        hessian[:2, :2] += [[curve @ logit**2, by_scale.sum()], [by_scale.sum(), by_shift.sum()]]
        hessian[0, 2:], hessian[2:, 0] = by_scale, by_scale
        hessian[1, 2:], hessian[2:, 1] = by_shift, by_shift
        hessian[2 + slices, 2 + slices] += by_shift
        step = np.linalg.solve(hessian, gradient)
        found = found + step / max(1.0, np.abs(step).max())  # a longer one overshoots where events are rare
        if np.abs(step).max() < _SMALL_STEP:
            break
    return float(found[0]), found[1] + found[2:]


def calibration_of(evidence: Evidence, *, parents: Mapping[str, str | None], cells: int) -> Calibration:
    """Calibrates every task on the pairs whose event was observed, parents first.

    Args:
        evidence: Of days that the ranker was not trained on.
        parents: `{task: parent}`, in the order of the evidence's tasks, parents before their children.
        cells: How many slices there are.
    """
    names, scales, shifts = list(parents), [], []
    probability = np.ones(evidence.logit.shape)
    for task, parent in enumerate(parents.values()):
        known = np.isfinite(evidence.event[:, task])
        before = np.ones(len(known)) if parent is None else probability[:, names.index(parent)]
        scale, shift = calibrate(
            evidence.logit[known, task],
            event=evidence.event[known, task],
            cell=evidence.cell[known],
            cells=cells,
            weight=before[known],
        )
        probability[:, task] = before * _sigmoid(scale * evidence.logit[:, task] + shift[evidence.cell])
        scales.append(scale)
        shifts.append(shift)
    return Calibration(scale=np.array(scales), shift=np.stack(shifts, axis=1))


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * logit)
