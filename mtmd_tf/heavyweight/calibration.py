"""Corrects the heavyweight ranker's logits by the days held out, so that its probabilities add up in every slice."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.heavyweight.statistics import possible

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


def calibration_of(model: tf.keras.Model, batches: Iterable[Batch]) -> Calibration:
    """Calibrates every task of a model whose logits are not calibrated yet, on pairs where its event was possible.

    Args:
        model: A `HeavyweightRanker`, trained.
        batches: Of days that it was not trained on.
    """
    tasks, cells = list(model.parents.items()), len(model.schema.slices)
    logits: list[list[np.ndarray]] = [[] for _ in tasks]
    events: list[list[np.ndarray]] = [[] for _ in tasks]
    slices: list[list[np.ndarray]] = [[] for _ in tasks]
    predict = None
    for batch in batches:
        if predict is None:
            predict = tf.function(model.logits, input_signature=[batch_spec(batch)], autograph=False)
        logit, cell = predict(batch), model.cell(batch).numpy()
        event = {task: column.numpy() for task, column in batch.event.items()}
        for place, (task, parent) in enumerate(tasks):
            known = possible(event, task=task, parent=parent)
            logits[place].append(logit[task].numpy()[known].astype(np.float64))
            events[place].append(event[task][known])
            slices[place].append(cell[known])
    fitted = [
        calibrate(np.concatenate(logit), event=np.concatenate(event), cell=np.concatenate(cell), cells=cells)
        for logit, event, cell in zip(logits, events, slices, strict=True)
    ]
    return Calibration(
        scale=np.array([scale for scale, _ in fitted]), shift=np.stack([shift for _, shift in fitted], axis=1)
    )
