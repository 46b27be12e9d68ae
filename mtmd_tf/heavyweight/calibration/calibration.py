"""Corrects the heavyweight ranker's logits by the days held out, so that its probabilities add up in every slice."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from mtmd_tf.heavyweight.calibration.evidence import Evidence
from mtmd_tf.heavyweight.calibration.spline import basis_of
from mtmd_tf.heavyweight.network.model import Calibration

_SCALE_DEVIATION = 0.1  # how far each number may stray on little evidence: standard deviations of its prior
_SLOPE_DEVIATION = 0.3
_TASK_DEVIATION = 1.0
_SLICE_DEVIATION = 0.3
_SLOPES = 0.2, 3.0  # least and most: a rank is never turned round, and certainty not made of nothing
_STEPS = 60
_SMALL_STEP = 1e-7


class Correction(NamedTuple):
    """As a `Calibration`, with a slope for each segment of the logit in place of the scale.

    Attributes:
        slopes: Slopes of the correction, `[tasks, segments]`.
        shift: Shift of the logits, `[slices, tasks]`.
    """

    slopes: np.ndarray
    shift: np.ndarray


def calibrate(
    columns: np.ndarray,
    *,
    event: np.ndarray,
    slice_index: np.ndarray,
    slices: int,
    weight: np.ndarray | None = None,
    offset: np.ndarray | float = 0.0,
    deviation: float = _SCALE_DEVIATION,
) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest `slopes` and `shift[slices]` of one task, with normal priors around 1 and 0 (Platt scaling).

    The shift is the task's plus the slice's own, so a slice with few events follows the others. With a weight, the
    sum of `weight * probability` is fitted to the sum of events: a child's marginal, not its rate given the parent.

    Args:
        columns: `[pairs, slopes]`, what each slope multiplies: the logit, or its spline basis; may have no column.
        event: `[pairs]`, 1 or 0.
        slice_index: `[pairs]`, each pair's slice.
        slices: Number of slices.
        weight: `[pairs]`, the probability of the parent; 1 where there is none.
        offset: `[pairs]`, what is in the logit already.
        deviation: Standard deviation of the prior of the slopes.
    """
    weight = np.ones(len(event)) if weight is None else weight
    slopes = columns.shape[1]
    width = slopes + 1  # the last column is 1 everywhere, and so is never multiplied with
    spread = np.array([deviation] * slopes + [_TASK_DEVIATION] + [_SLICE_DEVIATION] * slices)
    center = np.array([1.0] * slopes + [0.0] * (1 + slices))
    low = np.array([_SLOPES[0]] * slopes + [-np.inf] * (1 + slices))
    high = np.array([_SLOPES[1]] * slopes + [np.inf] * (1 + slices))
    found, own = center.copy(), width + np.arange(slices)

    def by_slice(values: np.ndarray) -> np.ndarray:
        return np.bincount(slice_index, values, slices)

    # Newton's method, as the likelihood is concave. Bounded solvers of SciPy stop 1e-9 to 3e-8 from this optimum, which
    # changes the last bit of 2 to 17% of the labels, and take 80 times as long (docs/adr/0015).
    for _ in range(_STEPS):
        level = offset + (found[slopes] + found[width:])[slice_index]
        p = _sigmoid(level + columns @ found[:slopes] if slopes else level)
        marginal = weight * p
        error, curve = event - marginal, marginal * (1.0 - p)
        errors, curves = by_slice(error), by_slice(curve)
        gradient = np.concatenate([error @ columns, [errors.sum()], errors]) - (found - center) / spread**2
        weighted = columns * curve[:, np.newaxis]
        sums = np.concatenate([[by_slice(column) for column in weighted.T], [curves]]) if slopes else curves[np.newaxis]
        hessian = np.diag(1.0 / spread**2)
        hessian[:slopes, :slopes] += columns.T @ weighted
        hessian[:slopes, slopes] += sums[:slopes].sum(axis=1)
        hessian[slopes, :width] += sums.sum(axis=1)
        hessian[:width, width:], hessian[width:, :width] = sums, sums.T
        hessian[own, own] += curves
        held = ((found <= low) & (gradient < 0)) | ((found >= high) & (gradient > 0))
        hessian[held], hessian[:, held], hessian[held, held], gradient[held] = 0.0, 0.0, 1.0, 0.0
        step = np.linalg.solve(hessian, gradient)
        before = found
        found = np.clip(found + step / max(1.0, np.abs(step).max()), low, high)  # a longer one overshoots rare events
        if np.abs(found - before).max() < _SMALL_STEP:
            break
    return found[:slopes], found[slopes] + found[width:]


def calibration_of(evidence: Evidence, *, parents: Mapping[str, str | None], slices: int) -> Calibration:
    """Calibrates every task on the pairs whose event was observed, parents first.

    Args:
        evidence: Events and logits of days that the ranker was not trained on.
        parents: `{task: parent}`, in the order of the evidence's tasks, parents before their children.
        slices: Number of slices.
    """
    one_segment = np.empty((len(parents), 0))
    slopes, shift = correction_of(
        evidence, parents=parents, slices=slices, knots=one_segment, deviation=_SCALE_DEVIATION
    )
    return Calibration(scale=slopes[:, 0], shift=shift)


def correction_of(
    evidence: Evidence,
    *,
    parents: Mapping[str, str | None],
    slices: int,
    knots: np.ndarray,
    slopes: np.ndarray | None = None,
    deviation: float = _SLOPE_DEVIATION,
) -> Correction:
    """Calibrates every task on the pairs whose event was observed, segment by segment, parents first.

    Args:
        evidence: Events and logits of days that the ranker was not trained on.
        parents: `{task: parent}`, in the order of the evidence's tasks, parents before their children.
        slices: Number of slices.
        knots: `[tasks, knots]`, ends of the segments.
        slopes: `[tasks, knots + 1]` that are known, so that only the shifts are fitted.
        deviation: Standard deviation of the prior of the slopes.
    """
    names, fitted, shifts = list(parents), [], []
    probability = np.ones(evidence.logit.shape)
    for task, parent in enumerate(parents.values()):
        known = np.isfinite(evidence.event[:, task])
        before = np.ones(len(known)) if parent is None else probability[:, names.index(parent)]
        through = basis_of(evidence.logit[:, task].astype(np.float64), knots[task])
        own, shift = calibrate(
            through[known] if slopes is None else through[known, :0],
            event=evidence.event[known, task],
            slice_index=evidence.slice_index[known],
            slices=slices,
            weight=before[known],
            offset=0.0 if slopes is None else through[known] @ slopes[task],
            deviation=deviation,
        )
        fitted.append(own if slopes is None else slopes[task])
        probability[:, task] = before * _sigmoid(through @ fitted[-1] + shift[evidence.slice_index])
        shifts.append(shift)
    return Correction(slopes=np.stack(fitted), shift=np.stack(shifts, axis=1))


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * logit)
