"""A model's rows next to the training mean's: relative improvement by slice and task (paper Table 1)."""

import dataclasses
from collections.abc import Sequence

from mtmd_tf.evaluation.result import Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.metrics.improvement import improvement


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """One surface x product x task, both ways."""

    model: Row
    mean: Row

    @property
    def log_mae(self) -> float | None:
        """Improvement of LogMAE in percent; above 0 the model is better."""
        return gain(self.model.log_mae, over=self.mean.log_mae)

    @property
    def kl(self) -> float | None:
        """Improvement of KL in percent; above 0 the model is better."""
        return gain(self.model.kl, over=self.mean.kl)


def gain(value: float | None, *, over: float | None) -> float | None:
    """The improvement of `value` over another error, percent; None where nothing can be said."""
    return None if value is None or not over else float(improvement(value, over))


def compare(evaluation: Evaluation) -> dict[tuple[str, str, str], Comparison]:
    """`{(surface, product, task): Comparison}`, in the order of the evaluation's rows."""
    mean = {key(row): row for row in evaluation.baseline}
    return {key(row): Comparison(model=row, mean=mean[key(row)]) for row in evaluation.rows}


def worse_than_mean(evaluation: Evaluation) -> list[str]:
    """A sentence where the model's KL over all slices is above that of predicting each slice's training mean."""
    cells = compare(evaluation)
    over_all = {task: cells[ALL, ALL, task] for task in tasks(evaluation.rows) if (ALL, ALL, task) in cells}
    worse = {task: cell for task, cell in over_all.items() if _above(cell.model.kl, cell.mean.kl)}
    if not worse:
        return []
    each = ", ".join(f"{task} {cell.model.kl:.3g} against {cell.mean.kl:.3g}" for task, cell in worse.items())
    return [
        f"Worse than the training mean by KL: {each}. What was learned does not hold there: try fewer --epochs, lower "
        "rates, narrower --deep_units or more data."
    ]


def _above(value: float | None, other: float | None) -> bool:
    """By more than rounding: labels that are all alike leave nothing to be better by."""
    return value is not None and other is not None and value > 1.001 * other + 1e-6


def slices(rows: Sequence[Row], *, highlight: str | None = None) -> list[tuple[str, str]]:
    """Every (surface, product) once, `highlight`'s first; a roll-up over a single name is left out.

    Raises:
        ValueError: `highlight` is no surface of the rows; it lists them.
    """
    surfaces = list(dict.fromkeys(row.surface for row in rows))
    products = list(dict.fromkeys(row.product for row in rows))
    if highlight is not None and highlight not in surfaces:
        raise ValueError(f"surface {highlight!r} is not one of {surfaces}")
    surfaces.sort(key=lambda surface: surface != highlight)
    return [
        (surface, product) for surface in _without_idle_roll_up(surfaces) for product in _without_idle_roll_up(products)
    ]


def tasks(rows: Sequence[Row]) -> list[str]:
    """Every task once, in the order of the rows."""
    return list(dict.fromkeys(row.task for row in rows))


def _without_idle_roll_up(names: list[str]) -> list[str]:
    return [name for name in names if name != ALL or len(names) != 2]
