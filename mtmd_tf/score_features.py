"""The linear term of a score: numbers of a pair beside the dot product (InteractRank, arXiv 2504.06609)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

LIMIT = 10.0  # deviations: a number further out counts as that far


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreFeature:
    """One number of a pair and what it adds to each task's logit.

    Attributes:
        name: Name of the cross feature.
        log1p: Whether ln(1 + number) is taken first, as of a count.
        mean: Mean of the numbers that training saw, behind the logarithm.
        scale: What a difference from the mean is multiplied by: 1 / deviation, or 0 of a number that never varied.
        weight: `{task: what one deviation adds}`.
        missing: `{task: what is added where the number is missing}`.
    """

    name: str
    log1p: bool
    mean: float
    scale: float
    weight: Mapping[str, float]
    missing: Mapping[str, float]


def linear_term(
    numbers: Any, present: Any, *, mean: Any, scale: Any, weight: Any, missing: Any, library: Any = np
) -> Any:
    """The one formula of training, of the exported description and of a ranker.

        term[task] = sum over features of   weight[task] * clip((number - mean) * scale, -10, 10)   where it is present
                                            missing[task]                                           where it is not

    Args:
        numbers: `[features, rows]`, counts as logarithms; 0 where missing.
        present: `[features, rows]`, 1 or 0.
        mean: `[features, 1]`.
        scale: `[features, 1]`.
        weight: `[tasks, features]`.
        missing: `[tasks, features]`.
        library: NumPy, or TensorFlow for its tensors.

    Returns:
        `[tasks, rows]`.
    """
    deviations = library.minimum(library.maximum((numbers - mean) * scale, -LIMIT), LIMIT)
    return library.matmul(weight, deviations * present) + library.matmul(missing, 1.0 - present)


def term_of(
    features: Sequence[ScoreFeature], tasks: Sequence[str], values: Sequence[np.ndarray] | None
) -> dict[str, np.ndarray]:
    """`{task: [rows]}` float32, the term of rows; `{task: [1]}` where no row has a value.

    Args:
        features: The score features of an export.
        tasks: Names of the tasks to score.
        values: `[rows]` raw numbers of each feature, NaN where missing; None where all are missing everywhere.
    """
    if not features or not tasks:
        return dict.fromkeys(tasks, np.zeros(1, np.float32))
    raw = np.full((len(features), 1), np.nan, np.float32) if values is None else np.stack(values).astype(np.float32)
    present = ~np.isnan(raw)
    numbers = np.where(present, raw, np.float32(0))
    counts = [place for place, feature in enumerate(features) if feature.log1p]
    numbers[counts] = np.log1p(numbers[counts])

    def column(name: str) -> np.ndarray:
        return np.array([[getattr(feature, name)] for feature in features], np.float32)

    def of_tasks(name: str) -> np.ndarray:
        return np.array([[getattr(feature, name)[task] for feature in features] for task in tasks], np.float32)

    term = linear_term(
        numbers,
        present.astype(np.float32),
        mean=column("mean"),
        scale=column("scale"),
        weight=of_tasks("weight"),
        missing=of_tasks("missing"),
    )
    return dict(zip(tasks, term, strict=True))
