"""The labels of a heavyweight ranker in tables: against events, LightGBM and the truth (paper sections 1 and 2.3)."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from mtmd_tf.heavyweight.labels.certainty import TOLERANCE
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality
from mtmd_tf.heavyweight.lightgbm_comparison.outcome import Comparison
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import lines, listing, number, table

R = TypeVar("R", bound=Row)

_PLACE, _PLACE_CELLS = "surface | product | task", "{0.surface} | {0.product} | {0.task}"
_WITHIN = f"within {TOLERANCE:.0%}"
_CALIBRATION, _CALIBRATION_CELLS = "label / event | 95% interval", "{0.calibration:.3f} | {1}"
_COUNTS, _COUNTS_CELLS = f"slices | {_WITHIN} | significantly off | too few events", "{2} | {3[0]} | {3[1]} | {3[2]}"
_DISTANCE = "pairs | mean truth | mean error | LogMAE | KL | label / truth"
_DISTANCE_CELLS = "{0.pairs:,} | {0.label_mean:.4f} | {0.mae:.4f} | {0.log_mae:.3f} | {0.kl:.5f} | {0.calibration:.3f}"


def quality_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how the labels of a split compare with the events.

    `off` marks a calibration whose whole 95% interval lies more than 5% away from 1.
    """
    rows = [(row, _interval(row), "off" if row.miscalibrated else "") for row in _of_slices(split.rows) if row.events]
    header = f"{_PLACE} | pairs | event rate | AUC | {_CALIBRATION} | "
    cells = f"{_PLACE_CELLS} | {{0.events:,}} | {{0.event_rate:.4f}} | {{0.auc:.4f}} | {_CALIBRATION_CELLS} | {{2}}"
    return listing(header, cells, rows, names=3, none="")


def size_table(split: Quality) -> str:
    """One line a task and power of ten: whether rare events are as rare as their labels say."""
    header = "task | label | pairs | sum of labels | events | label / event"
    cells = "{0.task} | {0.low:.0e} to {1:.0e} | {0.pairs:,} | {0.label:,.1f} | {0.event:,} | {0.calibration:.2f}"
    return listing(header, cells, [(row, 10 * row.low) for row in split.sizes], names=2, none="")


def calibration_summary(split: Quality) -> str:
    """The number of cells of slice and task within 5%, and of those that may be outside by chance."""
    cells = _cells(split.rows)
    within, off, unsure = _counts(cells)
    return (
        f"Label / event is within {TOLERANCE:.0%} of 1 in {within} of {len(cells)} cells, significantly off in {off}, "
        f"and in {unsure} too few events came to say."
    )


def calibration_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: label over event of all slices together, and in how many slices it is within 5%."""
    rows = [(row, _interval(row), len(cells), _counts(cells), split) for split, row, cells in _by_task(splits, "rows")]
    header, cells = f"split | task | {_CALIBRATION} | {_COUNTS}", f"{_CALIBRATION_CELLS} | {_COUNTS_CELLS}"
    return listing(header, f"{{4}} | {{0.task}} | {cells}", rows, names=2, none="")


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


def auc_table(splits: Sequence[Quality]) -> str:
    """One line a split and task: AUC of the labels against the events of all slices together."""
    found = [(split, row) for split, row, _ in _by_task(splits, "rows") if row.event_rate is not None]
    rows = [(row, split, row.events * row.event_rate) for split, row in found]
    cells = "{1} | {0.task} | {0.events:,} | {2:,.0f} | {0.auc:.4f}"
    return listing("split | task | pairs | positives | ranker AUC", cells, rows, names=2, none="")


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """One line a split and task; `not corrected`, the AUC before the drift was followed, where it is known."""
    header = (
        "split | task | pairs | positives | ranker AUC | not corrected | LightGBM AUC | difference | 95% interval | "
    )
    cells = "{0.split} | {0.task} | {0.pairs:,} | {0.positives:,} | {0.ranker:.4f} | {0.uncorrected:.4f}"
    cells += " | {0.lightgbm:.4f} | {1:+.4f} | {0.low:+.4f} to {0.high:+.4f} | {0.outcome}"
    rows = lines(header, cells, [(each, each.ranker - each.lightgbm) for each in comparisons], none="N/A")
    if all(each.uncorrected is None for each in comparisons):
        rows = [{name: cell for name, cell in row.items() if name != "not corrected"} for row in rows]
    return table(rows, names=2)


def truth_table(split: Quality) -> str:
    """One line a slice and task, and one a task for all slices: how far labels are from the true probabilities."""
    rows = [row for row in _of_slices(split.truth) if row.pairs]
    return listing(f"{_PLACE} | {_DISTANCE}", f"{_PLACE_CELLS} | {_DISTANCE_CELLS}", rows, names=3, none="")


def truth_summary(splits: Sequence[Quality]) -> str:
    """The same, one line a split and task for all slices, and in how many slices labels are within 5% of the truth."""
    rows = [(row, split, len(cells), sum(map(_within, cells))) for split, row, cells in _by_task(splits, "truth")]
    header, cells = f"split | task | {_DISTANCE} | slices | {_WITHIN}", f"{{1}} | {{0.task}} | {_DISTANCE_CELLS}"
    return listing(header, f"{cells} | {{2}} | {{3}}", rows, names=2, none="")


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
