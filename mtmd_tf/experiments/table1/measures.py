"""KL, calibration and AUC of the one model beside its slices' own (paper Table 1)."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from mtmd_tf.experiments.runs.funnel_rows import CellKey
from mtmd_tf.experiments.runs.record import Record, by_cell
from mtmd_tf.experiments.table1.comparison import Cell

Beside = tuple[Cell, Mapping[str, tuple[float | None, float | None]]]  # {measure: the one model's, its slice's own}

_MEASURES = ("kl", "calibration", "auc")


def beside(cells: Sequence[Cell], unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> Iterator[Beside]:
    """Each cell with the measures of both sides, mean of the seeds; None where a record has none.

    Args:
        cells: Cells of single slices.
        unified: The one model's record, for each seed.
        replaced: Records of the models that it replaces, for each seed.
    """
    sides = [[by_cell([record]) for record in unified], [by_cell(models) for models in replaced]]
    for cell in cells:
        place: CellKey = (cell.surface, cell.product, cell.task)
        values = {name: [[rows.get(place, {}).get(name) for rows in side] for side in sides] for name in _MEASURES}
        one, many = ({name: _mean(of[at]) for name, of in values.items()} for at in (0, 1))
        yield cell, {name: (one[name], many[name]) for name in _MEASURES}


def summary(found: Sequence[Beside]) -> str:
    """In how many cells KL, and AUC, is better with the one model, and by how much KL; empty without a cell."""
    if not found:
        return ""
    gains = [cell.kl for cell, _ in found]
    values = [gain.value for gain in gains]
    aucs = [(new, old) for new, old in (of["auc"] for _, of in found) if new is not None and old is not None]
    return (
        f"KL, which all are trained by, is lower with one model in {sum(gain > 0 for gain in values)} of {len(gains)} "
        f"cells ({min(values):+.1f}% to {max(values):+.1f}%, mean {fmean(values):+.1f}%), the whole interval above 0 "
        f"in {sum(gain.significantly_better for gain in gains)}; AUC against the events is higher in "
        f"{sum(new > old for new, old in aucs)} of {len(aucs)}."
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if len(known) == len(values) else None
