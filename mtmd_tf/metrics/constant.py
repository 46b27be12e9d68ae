"""The least model worth beating: every slice and task predicts its mean label over the training split."""

from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics.pointwise import DEFAULT_CLIP
from mtmd_tf.metrics.slices import Slices


class TrainingMean:
    """Predicts the mean of a pair's own slice and task, in the form that `Cube.update` takes.

    Args:
        means: `{(surface, product, task): mean}`. A slice that is not in it predicts the task's average over those that
            are, so that a slice first seen in evaluation has a baseline too.
        surfaces: Names, in the order of the indices.
        products: Names of the products.
        tasks: Names of the tasks.
        clip: Means are clipped to [clip, 1 - clip], so that a task without a positive has a finite KL.

    Raises:
        ValueError: A task without any mean, or a mean outside [0, 1].
    """

    def __init__(
        self,
        means: Mapping[tuple[str, str, str], float],
        *,
        surfaces: Sequence[str],
        products: Sequence[str],
        tasks: Sequence[str],
        clip: float = DEFAULT_CLIP,
    ) -> None:
        self._slices = Slices(surfaces=tuple(surfaces), products=tuple(products))
        self._mean: dict[str, np.ndarray] = {}
        for (surface, product, task), mean in means.items():
            if not 0 <= mean <= 1:
                raise ValueError(f"the mean of {surface} x {product} x {task} must be in [0, 1]; got {mean}")
        for task in tasks:
            known = [mean for (_, _, name), mean in means.items() if name == task]
            if not known:
                raise ValueError(
                    f"no training mean of task {task!r}; there are {sorted({name for _, _, name in means})}"
                )
            by_slice = [
                means.get((surface, product, task), float(np.mean(known)))
                for surface in surfaces
                for product in products
            ]
            self._mean[task] = np.clip(by_slice, clip, 1 - clip)

    def __call__(
        self, *, surface: np.ndarray, product: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """ln p and ln(1 - p) as `{task: [pairs]}` each, of `[pairs]` surface and product indices."""
        surface, product = np.asarray(surface, np.int64), np.asarray(product, np.int64)
        of = self._slices.number_of(surface=surface, product=product)
        log_probability = {task: np.log(mean)[of] for task, mean in self._mean.items()}
        log_complement = {task: np.log1p(-mean)[of] for task, mean in self._mean.items()}
        return log_probability, log_complement


def training_means(slices: Mapping[str, Mapping[str, Mapping]]) -> dict[tuple[str, str, str], float]:
    """Reads `{(surface, product, task): mean label}` from a split's `slices` in the manifest; no labels, no mean.

    The mean is that of the labels as every reader takes them, none above its parent's.
    """
    return {
        (surface, product, task): count.get("lowered_mean", count["label_mean"])
        for surface, by_product in slices.items()
        for product, entry in by_product.items()
        for task, count in entry["tasks"].items()
        if count["labeled"] > 0
    }
