"""How sure a calibration can be, given how many events it was taken from (paper section 3.1)."""

from collections.abc import Sequence

import numpy as np

from mtmd_tf.metrics.paired_auc import NORMAL_95

TOLERANCE = 0.05


class EventSums:
    """Labels and events of one task, by slice, with what their spread over requests says about chance.

    Args:
        surfaces: Number of surfaces.
        products: Number of products.
    """

    def __init__(self, *, surfaces: int, products: int) -> None:
        self._products = products
        self._sums = np.zeros([surfaces, products + 1, 5])  # the last product is all products of a request together

    def update(
        self, *, surface: np.ndarray, request: np.ndarray, product: np.ndarray, label: np.ndarray, event: np.ndarray
    ) -> None:
        """Adds pairs whose label and event are both known.

        Args:
            surface: Index of the surface, `[requests]`.
            request: `[pairs]`, rows of `surface`; all pairs of a request come in one batch.
            product: Index of the product, `[pairs]`.
            label: Labels, `[pairs]`.
            event: `[pairs]`, 1 or 0.
        """
        shape = [len(surface), self._products]
        cell = request * self._products + product
        of_request = [
            np.bincount(cell, weights=values, minlength=shape[0] * shape[1]).reshape(shape) for values in (event, label)
        ]
        e, y = (np.concatenate([each, each.sum(axis=1, keepdims=True)], axis=1) for each in of_request)
        np.add.at(self._sums, surface, np.stack([e, y, e * e, e * y, y * y], axis=2))

    def interval(self, *, surfaces: Sequence[int], product: int | None) -> tuple[float | None, float | None]:
        """The 95% interval of sum of labels over sum of events; None where there is no end.

        Args:
            surfaces: The surfaces to take together.
            product: One product, or None for all.
        """
        place = self._products if product is None else product
        return calibration_interval(*self._sums[list(surfaces), place].sum(axis=0).tolist())


def calibration_interval(
    event: float, label: float, event_event: float, event_label: float, label_label: float
) -> tuple[float | None, float | None]:
    """The interval of `label / event`, from sums over requests of e, y, e^2, e y and y^2 of each request.

        spread = max(1, sum (e - y / calibration)^2 / sum e)        1 where events know nothing of each other

    The events are taken for a Poisson count whose variance is `spread` times as large (Byar's limits).
    """
    if label <= 0:
        return None, None
    inverse = event / label
    spread = (event_event - 2 * inverse * event_label + inverse**2 * label_label) / event if event else 1.0
    spread = max(spread, 1.0)  # a few requests can look steadier than chance allows
    fewest, most = count_limits(event / spread)
    return label / (most * spread), label / (fewest * spread) if fewest > 0 else None


def count_limits(count: float) -> tuple[float, float]:
    """The means of a Poisson distribution that agree with `count` at 95% (Byar's approximation of the exact limits)."""
    fewest = count * (1 - 1 / (9 * count) - NORMAL_95 / (3 * np.sqrt(count))) ** 3 if count > 0 else 0.0
    above = count + 1
    most = above * (1 - 1 / (9 * above) + NORMAL_95 / (3 * np.sqrt(above))) ** 3
    return max(float(fewest), 0.0), float(most)


def significantly_off(low: float | None, high: float | None) -> bool:
    """Whether all of an interval lies more than `TOLERANCE` away from 1."""
    return (low is not None and low > 1 + TOLERANCE) or (high is not None and high < 1 - TOLERANCE)
