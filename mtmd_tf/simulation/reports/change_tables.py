"""Tables of relative changes as Markdown, each figure next to the paper's (paper Tables 2 to 5)."""

import pathlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import passage
from mtmd_tf.simulation.statistics.measures import RATES, VOLUMES
from mtmd_tf.simulation.statistics.tables import Cell

TITLES = {
    "2": "Table 2: by surface",
    "3": "Table 3: by product",
    "4": "Table 4: by goal",
    "5": "Table 5: constrained tasks against free tasks",
}
_HERE = pathlib.Path(__file__).parent
_LESS_IS_BETTER = {measure.name for measure in (*RATES, *VOLUMES) if measure.less_is_better}


def changes(cells: Sequence[Cell], *, title: str, figure: str, of: str) -> str:
    """A section: for each cell its change with the interval, the p-value after Holm, the outcome, the paper's change.

    Args:
        cells: The cells of one table.
        title: Title of the table.
        figure: Path of its forest plot from the report.
        of: What the heading has after the title.
    """
    rows = [(cell, outcome(cell)) for cell in cells]
    return passage(_HERE / "changes.md", title=title, of=literal(of), summary=summary(cells), figure=figure, rows=rows)


def volumes(cells: Sequence[Cell], *, of: str) -> str:
    """The same for measures a user, which the paper has no table of."""
    return passage(
        _HERE / "volumes.md", heading=literal(f"Volume{of}"), rows=[(cell, _direction(cell)) for cell in cells]
    )


def outcome(cell: Cell) -> str:
    """`better` or `worse` where the change is one at 5% for the whole table; empty elsewhere."""
    if cell.change is None or not cell.significant:
        return ""
    return "better" if (cell.change.value < 0.0) == (cell.measure in _LESS_IS_BETTER) else "worse"


def _direction(cell: Cell) -> str:
    return "" if cell.change is None or not cell.significant else "more" if cell.change.value > 0.0 else "less"


def summary(cells: Sequence[Cell]) -> str:
    """One sentence: how many cells changed, and how many have the paper's sign."""
    measured = [cell for cell in cells if cell.change]
    sure = [cell for cell in measured if cell.significant]
    both = [(cell.change.value, cell.paper) for cell in measured if cell.change and cell.paper]
    same = sum((ours < 0.0) == (theirs < 0.0) for ours, theirs in both)
    text = f"{len(sure)} of {len(measured)} measured cells changed, after Holm's correction over this table."
    return f"{text} {same} of the {len(both)} that the paper also has go its way." if both else text


def as_frame(cells: Sequence[Cell]) -> pd.DataFrame:
    """The cells as columns of numbers, relative changes and not percent, for other programs."""
    rows = []
    for cell in cells:
        row: dict[str, Any] = {"table": cell.table, "row": cell.row, "measure": cell.measure}
        for name, change in (("", cell.change), ("unadjusted_", cell.plain)):
            for part in ("value", "low", "high", "p", "control", "treatment"):
                row[name + part] = getattr(change, part) if change else None
        rows.append(row | {"p_holm": cell.p_holm, "paper": cell.paper})
    return pd.DataFrame(rows)
