"""The labels of a heavyweight ranker in tables: against events, LightGBM and the truth (paper sections 1 and 2.3)."""

import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from mtmd_tf.heavyweight.labels.certainty import TOLERANCE
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality
from mtmd_tf.heavyweight.lightgbm_comparison.outcome import Comparison
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

R = TypeVar("R", bound=Row)

_NOT_CORRECTED = (
    "`not corrected`: the same ranker before its labels were corrected by the events of the days before their own, as "
    "LightGBM's scores are not."
)
_HERE = pathlib.Path(__file__).parent


def of_split(split: Quality) -> str:
    """Labels beside events, slice by slice and by the size of the label, and beside the truth, where it is known.

    `off` marks a calibration whose whole 95% interval lies more than 5% away from 1.
    """
    return passage(
        _HERE / "of_split.md",
        summary=calibration_summary(split),
        rows=[
            (row, _interval(row), "off" if row.miscalibrated else "") for row in _of_slices(split.rows) if row.events
        ],
        sizes=[(row, 10 * row.low) for row in split.sizes],
        truth=truth_table(split),
    )


def of_splits(splits: Sequence[Quality], comparisons: Sequence[Comparison]) -> str:
    """All slices together, task by task: labels beside events, LightGBM and the truth, a section each."""
    rows = list(_by_task(splits, "rows"))
    aucs = [(split, row, row.events * row.event_rate) for split, row, _ in rows if row.event_rate is not None]
    return passage(
        _HERE / "of_splits.md",
        within=f"within {TOLERANCE:.0%}",
        compared=comparison_table(comparisons),
        not_corrected=any(each.uncorrected is not None for each in comparisons) and _NOT_CORRECTED,
        aucs=[] if comparisons else aucs,
        calibrations=[(split, row, _interval(row), len(cells), *_counts(cells)) for split, row, cells in rows],
        off=off_cells(splits),
        above=", ".join(f"{split.above_parent:,} on {split.split}" for split in splits),
        truths=[(*each, len(cells), sum(map(_within, cells))) for *each, cells in _by_task(splits, "truth")],
    )


def calibration_summary(split: Quality) -> str:
    """The number of cells of slice and task within 5%, and of those that may be outside by chance."""
    cells = _cells(split.rows)
    within, off, unsure = _counts(cells)
    return (
        f"Label / event is within {TOLERANCE:.0%} of 1 in {within} of {len(cells)} cells, significantly off in {off}, "
        f"and in {unsure} too few events came to say."
    )


def off_cells(splits: Sequence[Quality]) -> str:
    """The cells of slice and task that are significantly miscalibrated, in one line."""
    found = [
        f"{row.task} of {row.surface} x {row.product} on {split.split} "
        f"({number(row.calibration, '.2f', none='no event')})"
        for split in splits
        for row in _cells(split.rows)
        if row.miscalibrated
    ]
    return f"Significantly off: {', '.join(found)}." if found else "No slice is significantly off."


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """One line a split and task; `not corrected`, the AUC before the drift was followed, where it is known."""
    return passage(_HERE / "comparison.md", rows=[(each, each.ranker - each.lightgbm) for each in comparisons])


def truth_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how far labels are from the true probabilities."""
    return passage(_HERE / "truth.md", rows=[row for row in _of_slices(split.truth) if row.pairs])


def _of_slices(rows: Iterable[R]) -> list[R]:
    """Rows of one slice or of all slices, no half roll-ups."""
    return [row for row in rows if (row.surface == ALL) == (row.product == ALL)]


def _by_task(splits: Sequence[Quality], rows: str) -> Iterable[tuple[str, Any, list[Any]]]:
    """Split, row of all slices, and the task's rows of one slice, for each split and task."""
    for split in splits:
        for row in getattr(split, rows):
            if (row.surface, row.product) == (ALL, ALL):
                yield split.split, row, [cell for cell in _cells(getattr(split, rows)) if cell.task == row.task]


def _cells(rows: Iterable[R]) -> list[R]:
    """Rows of one slice that have something to compare labels with."""
    return [row for row in rows if ALL not in (row.surface, row.product) and row.pairs]


def _counts(cells: Sequence[LabelRow]) -> tuple[int, int, int]:
    """Cells within the tolerance, significantly off, and the rest."""
    within, off = sum(map(_within, cells)), sum(row.miscalibrated for row in cells)
    return within, off, len(cells) - within - off


def _within(row: Row) -> bool:
    return row.calibration is not None and abs(row.calibration - 1) <= TOLERANCE


def _interval(row: LabelRow) -> str:
    low, high = (number(end, ".2f", none="any") for end in (row.calibration_low, row.calibration_high))
    return f"{low} to {high}"
