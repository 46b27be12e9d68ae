"""The labels of a heavyweight ranker in tables: against events, LightGBM and the truth (paper sections 1 and 2.3)."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from mtmd_tf.heavyweight.labels.certainty import TOLERANCE
from mtmd_tf.heavyweight.labels.quality import LabelRow, Quality
from mtmd_tf.heavyweight.lightgbm_comparison.comparison import Contest
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import markdown_table

R = TypeVar("R", bound=Row)

_CALIBRATION = ["label / event", "95% interval"]
_DISTANCE = ["pairs", "mean truth", "mean error", "LogMAE", "KL", "label / truth"]


def quality_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how the labels of a split compare with the events.

    `off` marks a calibration whose whole 95% interval lies more than 5% away from 1.
    """
    cells = [
        [row.surface, row.product, row.task, f"{row.events:,}", f"{row.event_rate:.4f}", _number(row.auc, 4)]
        + [*_calibration(row), "off" if row.surely_off else ""]
        for row in _of_slices(split.rows)
        if row.events
    ]
    header = ["surface", "product", "task", "pairs", "event rate", "AUC", *_CALIBRATION, ""]
    return markdown_table(header, cells, names=3)


def size_table(split: Quality) -> str:
    """One line a task and power of ten: whether rare events are as rare as their labels say."""
    cells = [
        [row.task, f"{row.low:.0e} to {10 * row.low:.0e}", f"{row.pairs:,}", f"{row.label:,.1f}", f"{row.event:,}"]
        + [_number(row.calibration, 2)]
        for row in split.sizes
    ]
    return markdown_table(["task", "label", "pairs", "sum of labels", "events", "label / event"], cells, names=2)


def calibration_summary(split: Quality) -> str:
    """How many cells of slice and task are within 5%, and how many of the others may be so by chance."""
    cells = _cells(split.rows)
    within, off, unsure = _count(cells)
    return (
        f"Label / event is within {TOLERANCE:.0%} of 1 in {within} of {len(cells)} cells, off for sure in {off}, "
        f"and in {unsure} too few events came to say."
    )


def calibration_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: label over event of all slices together, and in how many slices it is within 5%."""
    lines = []
    for split in splits:
        for row in _everywhere(split.rows):
            cells = [cell for cell in _cells(split.rows) if cell.task == row.task]
            counts = [f"{count}" for count in (len(cells), *_count(cells))]
            lines.append([split.split, row.task, *_calibration(row), *counts])
    header = ["split", "task", *_CALIBRATION, "slices", f"within {TOLERANCE:.0%}", "off for sure", "too few events"]
    return markdown_table(header, lines, names=2)


def off_cells(splits: Sequence[Quality]) -> str:
    """Which cells of slice and task are off for sure, in one line."""
    found = [
        f"{row.task} of {row.surface} x {row.product} on {split.split} ({_number(row.calibration, 2, none='no event')})"
        for split in splits
        for row in _cells(split.rows)
        if row.surely_off
    ]
    return f"Off for sure: {', '.join(found)}." if found else "No slice is off for sure."


def auc_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: AUC of the labels against the events of all slices together."""
    lines = [
        [split.split, row.task, f"{row.events:,}", f"{row.events * row.event_rate:,.0f}", _number(row.auc, 4)]
        for split in splits
        for row in _everywhere(split.rows)
        if row.event_rate is not None
    ]
    return markdown_table(["split", "task", "pairs", "positives", "ranker AUC"], lines, names=2)


def contest_table(contests: Sequence[Contest]) -> str:
    """One line a split and task; `not corrected`, the AUC before the drift was followed, where it is known."""
    with_raw = any(each.uncorrected is not None for each in contests)
    lines = [
        [each.split, each.task, f"{each.pairs:,}", f"{each.positives:,}", f"{each.ranker:.4f}"]
        + ([_number(each.uncorrected, 4, none="N/A")] if with_raw else [])
        + [f"{each.lightgbm:.4f}", f"{each.ranker - each.lightgbm:+.4f}"]
        + [f"{each.low:+.4f} to {each.high:+.4f}", each.verdict]
        for each in contests
    ]
    header = ["split", "task", "pairs", "positives", "ranker AUC", *["not corrected"] * with_raw]
    header += ["LightGBM AUC", "difference", "95% interval", ""]
    return markdown_table(header, lines, names=2)


def truth_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how far labels are from the true probabilities."""
    lines = [[row.surface, row.product, row.task, *_distance(row)] for row in _of_slices(split.truth) if row.pairs]
    return markdown_table(["surface", "product", "task", *_DISTANCE], lines, names=3)


def truth_summary(splits: Sequence[Quality]) -> str:
    """The same, one line a split and task for all slices, and in how many slices labels are within 5% of the truth."""
    lines = []
    for split in splits:
        for row in _everywhere(split.truth):
            cells = [cell for cell in _cells(split.truth) if cell.task == row.task]
            counts = [f"{len(cells)}", f"{sum(map(_within, cells))}"]
            lines.append([split.split, row.task, *_distance(row), *counts])
    return markdown_table(["split", "task", *_DISTANCE, "slices", f"within {TOLERANCE:.0%}"], lines, names=2)


def _of_slices(rows: Iterable[R]) -> list[R]:
    """Rows of one slice or of all slices, no half roll-ups."""
    return [row for row in rows if (row.surface == ALL) == (row.product == ALL)]


def _everywhere(rows: Iterable[R]) -> list[R]:
    return [row for row in rows if (row.surface, row.product) == (ALL, ALL)]


def _cells(rows: Iterable[R]) -> list[R]:
    """Rows of one slice that have something to compare labels with."""
    return [row for row in rows if ALL not in (row.surface, row.product) and row.pairs]


def _count(cells: Sequence[LabelRow]) -> tuple[int, int, int]:
    """Cells within the tolerance, off for sure, and the rest."""
    within = sum(map(_within, cells))
    off = sum(row.surely_off for row in cells)
    return within, off, len(cells) - within - off


def _within(row: Row) -> bool:
    return row.calibration is not None and abs(row.calibration - 1) <= TOLERANCE


def _calibration(row: LabelRow) -> list[str]:
    interval = f"{_number(row.calibration_low, 2)} to {_number(row.calibration_high, 2, none='any')}"
    return [_number(row.calibration, 3), interval]


def _distance(row: Row) -> list[str]:
    measures = [_number(row.label_mean, 4), _number(row.mae, 4), _number(row.log_mae, 3), _number(row.kl, 5)]
    return [f"{row.pairs:,}", *measures, _number(row.calibration, 3)]


def _number(value: float | None, digits: int, *, none: str = "") -> str:
    return none if value is None else f"{value:.{digits}f}"
