"""Calibration curves: mean label and event rate where the model predicts about p (paper section 3.1)."""

import dataclasses

import numpy as np

from mtmd_tf.metrics.slices import Slices

_SUMS = ("pairs", "weight", "probability", "label")


@dataclasses.dataclass(frozen=True, kw_only=True)
class CalibrationRow:
    """One point of one curve: the labeled pairs of a slice whose predicted log-odds lie in [low, high).

    Attributes:
        surface: Name, or `all`.
        product: Name, or `all`.
        task: Name of the task.
        low: Least log-odds; the lowest bin also takes what lies below.
        high: End of the log-odds; the highest bin also takes what lies above.
        pairs: How many labeled pairs.
        probability: Mean prediction of these pairs.
        label: Mean label of these pairs.
    """

    surface: str
    product: str
    task: str
    low: float
    high: float
    pairs: int
    probability: float
    label: float


class CalibrationCurve:
    """The curves of one task in every slice, in equal bins of predicted log-odds.

    Args:
        slices: Slices for which curves are kept.
        task: Name, for the rows.
        bins: Equal bins over [-limit, limit].
        limit: Largest log-odds that are told apart.
    """

    def __init__(self, slices: Slices, *, task: str, bins: int = 48, limit: float = 12.0) -> None:
        self._slices, self._task = slices, task
        self._edges = np.linspace(-limit, limit, bins + 1)
        self._sums = np.zeros((len(_SUMS), slices.count, bins))

    def update(
        self, *, cell: np.ndarray, log_odds: np.ndarray, probability: np.ndarray, label: np.ndarray, weight: np.ndarray
    ) -> None:
        """Counts labeled pairs; every array is `[pairs]`."""
        bins = self._sums.shape[-1]
        flat = cell * bins + np.searchsorted(self._edges[1:-1], log_odds, side="right")
        for sums, values in zip(
            self._sums, (np.ones_like(weight), weight, weight * probability, weight * label), strict=True
        ):
            np.add.at(sums.reshape(-1), flat, values)

    def rows(self) -> list[CalibrationRow]:
        """The points that hold pairs, of every slice and roll-up, log-odds rising."""
        return [
            CalibrationRow(
                surface=surface,
                product=product,
                task=self._task,
                low=float(self._edges[b]),
                high=float(self._edges[b + 1]),
                pairs=int(pairs),
                probability=float(probability / weight),
                label=float(label / weight),
            )
            for surface, product, cells in self._slices.views()
            for b, (pairs, weight, probability, label) in enumerate(self._sums[:, cells].sum(axis=1).T)
            if weight > 0
        ]
