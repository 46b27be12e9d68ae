"""The labels of a heavyweight ranker in tables: against events, LightGBM and the truth (paper sections 1 and 2.3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from mtmd_tf.heavyweight.labels.certainty import TOLERANCE
from mtmd_tf.heavyweight.labels.quality import LabelRow, Quality
from mtmd_tf.heavyweight.lightgbm_comparison.comparison import Contest
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import number, of_place, table

R = TypeVar("R", bound=Row)

_WITHIN = f"within {TOLERANCE:.0%}"
_DISTANCE = {"mean truth": ("label_mean", 4), "mean error": ("mae", 4), "LogMAE": ("log_mae", 3), "KL": ("kl", 5)}
_DISTANCE |= {"label / truth": ("calibration", 3)}


def quality_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how the labels of a split compare with the events.

    `off` marks a calibration whose whole 95% interval lies more than 5% away from 1.
    """
    rows = [
        of_place(row.surface, row.product, row.task)
        | {"pairs": f"{row.events:,}", "event rate": f"{row.event_rate:.4f}", "AUC": _digits(row.auc, 4)}
        | _calibration(row)
        | {"": "off" if row.surely_off else ""}
        for row in _of_slices(split.rows)
        if row.events
    ]
    return table(rows, names=3)


def size_table(split: Quality) -> str:
    """One line a task and power of ten: whether rare events are as rare as their labels say."""
    rows = [
        {"task": row.task, "label": f"{row.low:.0e} to {10 * row.low:.0e}", "pairs": f"{row.pairs:,}"}
        | {"sum of labels": f"{row.label:,.1f}", "events": f"{row.event:,}"}
        | {"label / event": _digits(row.calibration, 2)}
        for row in split.sizes
    ]
    return table(rows, names=2)


def calibration_summary(split: Quality) -> str:
    """How many cells of slice and task are within 5%, and how many of the others may be so by chance."""
    cells = _cells(split.rows)
    within, off, unsure = _counts(cells).values()
    return (
        f"Label / event is within {TOLERANCE:.0%} of 1 in {within} of {len(cells)} cells, off for sure in {off}, "
        f"and in {unsure} too few events came to say."
    )


def calibration_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: label over event of all slices together, and in how many slices it is within 5%."""
    rows = []
    for split, row, cells in _by_task(splits, "rows"):
        counts = {name: f"{count}" for name, count in {"slices": len(cells), **_counts(cells)}.items()}
        rows.append({"split": split, "task": row.task} | _calibration(row) | counts)
    return table(rows, names=2)


def off_cells(splits: Sequence[Quality]) -> str:
    """Which cells of slice and task are significantly miscalibrated, in one line."""
    found = [
        f"{row.task} of {row.surface} x {row.product} on {split.split} ({_digits(row.calibration, 2) or 'no event'})"
        for split in splits
        for row in _cells(split.rows)
        if row.surely_off
    ]
    return f"Off for sure: {', '.join(found)}." if found else "No slice is off for sure."


def auc_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: AUC of the labels against the events of all slices together."""
    rows = [
        {"split": split, "task": row.task, "pairs": f"{row.events:,}"}
        | {"positives": f"{row.events * row.event_rate:,.0f}", "ranker AUC": _digits(row.auc, 4)}
        for split, row, _ in _by_task(splits, "rows")
        if row.event_rate is not None
    ]
    return table(rows, names=2)


def comparison_table(comparisons: Sequence[Contest]) -> str:
    """One line a split and task; `not corrected`, the AUC before the drift was followed, where it is known."""
    with_raw = any(each.uncorrected is not None for each in comparisons)
    rows = [
        {"split": each.split, "task": each.task, "pairs": f"{each.pairs:,}", "positives": f"{each.positives:,}"}
        | {"ranker AUC": f"{each.ranker:.4f}"}
        | ({"not corrected": number(each.uncorrected, ".4f", none="N/A")} if with_raw else {})
        | {"LightGBM AUC": f"{each.lightgbm:.4f}", "difference": f"{each.ranker - each.lightgbm:+.4f}"}
        | {"95% interval": f"{each.low:+.4f} to {each.high:+.4f}", "": each.verdict}
        for each in comparisons
    ]
    return table(rows, names=2)


def truth_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how far labels are from the true probabilities."""
    rows = [
        of_place(row.surface, row.product, row.task) | _distance(row) for row in _of_slices(split.truth) if row.pairs
    ]
    return table(rows, names=3)


def truth_summary(splits: Sequence[Quality]) -> str:
    """The same, one line a split and task for all slices, and in how many slices labels are within 5% of the truth."""
    rows = [
        {"split": split, "task": row.task}
        | _distance(row)
        | {"slices": f"{len(cells)}", _WITHIN: f"{sum(map(_within, cells))}"}
        for split, row, cells in _by_task(splits, "truth")
    ]
    return table(rows, names=2)


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


def _counts(cells: Sequence[LabelRow]) -> Mapping[str, int]:
    """Cells within the tolerance, off for sure, and the rest."""
    within, off = sum(map(_within, cells)), sum(row.surely_off for row in cells)
    return {_WITHIN: within, "off for sure": off, "too few events": len(cells) - within - off}


def _within(row: Row) -> bool:
    return row.calibration is not None and abs(row.calibration - 1) <= TOLERANCE


def _calibration(row: LabelRow) -> dict[str, str]:
    interval = f"{_digits(row.calibration_low, 2)} to {_digits(row.calibration_high, 2) or 'any'}"
    return {"label / event": _digits(row.calibration, 3), "95% interval": interval}


def _distance(row: Row) -> dict[str, str]:
    shown = {words: _digits(getattr(row, name), digits) for words, (name, digits) in _DISTANCE.items()}
    return {"pairs": f"{row.pairs:,}", **shown}


def _digits(value: float | None, digits: int) -> str:
    return number(value, f".{digits}f", none="")
