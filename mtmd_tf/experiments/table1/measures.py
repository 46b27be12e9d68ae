"""KL, calibration and AUC of the one model beside its slices' own, from the runs' records (paper Table 1)."""

import pathlib
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Any

from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs.funnel_rows import CellKey
from mtmd_tf.experiments.runs.record import Record, by_cell
from mtmd_tf.metrics.improvement import improvement
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent
READING = passage(_HERE / "measures.md")
Intervals = Mapping[CellKey, Improvement]
_Rows = Mapping[CellKey, Mapping[str, Any]]
_NONE: Intervals = MappingProxyType({})


def summary(unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = _NONE) -> str:
    """In how many slices and tasks KL, and AUC, is better with the one model, and by how much KL; as `side_by_side`.

    Empty where no cell has a KL above 0.
    """
    one, many = _seeds(unified, replaced)
    cells = _shared([*one, *many])
    gains = [_improvement(one, many, cell) for cell in cells]
    aucs = [(_mean(one, cell, "auc"), _mean(many, cell, "auc")) for cell in cells]
    if not gains:
        return ""
    known = [(new, old) for new, old in aucs if new is not None and old is not None]
    sure = sum(each.significantly_better for each in intervals.values())
    return (
        f"KL, which all are trained by, is lower with one model in {sum(gain > 0 for gain in gains)} of {len(gains)} "
        f"cells ({min(gains):+.1f}% to {max(gains):+.1f}%, mean {fmean(gains):+.1f}%)"
        f"{f', the whole interval above 0 in {sure}' if intervals else ''}; AUC "
        f"against the events is higher in {sum(new > old for new, old in known)} of {len(known)}."
    )


def side_by_side(unified: Sequence[Record], replaced: Sequence[Sequence[Record]], intervals: Intervals = _NONE) -> str:
    """A line a surface x product x task: one model / its slice's, each the mean of the seeds.

    Args:
        unified: The one model's record, for each seed.
        replaced: Records of the models that it replaces, for each seed.
        intervals: `{cell: improvement of KL}`, where intervals are known.
    """
    one, many = _seeds(unified, replaced)

    def both(cell: CellKey, name: str, form: str) -> str:
        return " / ".join(number(_mean(side, cell, name), form) for side in (one, many))

    def improvements(cell: CellKey) -> tuple[str, str]:
        ends = intervals.get(cell)
        sure = f" [{ends.low:+.1f}, {ends.high:+.1f}]" if ends else ""
        seeds = [_improvement([new], [old], cell) for new, old in zip(one, many, strict=True)]
        by_seed = ", ".join(f"{value:+.1f}" for value in seeds)
        return f"{_improvement(one, many, cell):+.1f}%{sure}", by_seed

    rows = [
        (cell, both(cell, "kl", ".6f"), *improvements(cell), both(cell, "calibration", ".3f"))
        + (both(cell, "auc", ".4f"),)
        for cell in _shared([*one, *many])
    ]
    return passage(_HERE / "measures_table.md", rows=rows)


def measured(records: Iterable[Record]) -> bool:
    """Whether every record has the KL of a slice."""
    return all(_rows([record]) for record in records)


def _seeds(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> tuple[list[_Rows], list[_Rows]]:
    return [_rows([record]) for record in unified], [_rows(models) for models in replaced]


def _rows(models: Iterable[Record]) -> _Rows:
    """Rows with a KL above 0: nothing is a percentage of 0."""
    return {cell: row for cell, row in by_cell(models).items() if row["kl"] is not None and row["kl"] > 0.0}


def _shared(seeds: Sequence[_Rows]) -> list[CellKey]:
    return [cell for cell in seeds[0] if all(cell in rows for rows in seeds)]


def _mean(seeds: Sequence[_Rows], cell: CellKey, name: str) -> float | None:
    values = [rows[cell][name] for rows in seeds]
    return None if None in values else fmean(values)


def _improvement(one: Sequence[_Rows], many: Sequence[_Rows], cell: CellKey) -> float:
    new, old = (fmean(rows[cell]["kl"] for rows in side) for side in (one, many))
    return float(improvement(new, old))
