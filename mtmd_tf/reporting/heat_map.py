"""A heat map of improvements in percent, slices down and tasks across (paper Table 1)."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mtmd_tf.reporting.figures import TITLE, number_map

_CELL_INCHES = (1.35, 0.46)


def improvement_map(
    gain: Sequence[Sequence[float | None]],
    *,
    exists: Sequence[Sequence[bool]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    legend: str,
) -> Figure:
    """Blue where the gain is above 0, red where it is below, even about 0; gray where there is none.

    Args:
        gain: `[rows][columns]` percent, or None where nothing was measured.
        exists: `[rows][columns]`, whether the cell can be measured at all.
        rows: Names of the slices.
        columns: Names of the tasks.
        title: Text above the map.
        legend: Text beside the color bar.
    """
    values = np.array([[math.nan if value is None else value for value in line] for line in gain])
    size = (3.6 + _CELL_INCHES[0] * len(columns), 1.2 + _CELL_INCHES[1] * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()

    def words(row: int, column: int, value: float) -> str:
        return f"{value:+.1f}%" if np.isfinite(value) else ("-" if exists[row][column] else "N/A")

    limit = max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0.0))
    image = number_map(
        axes, values, rows=rows, columns=columns, words=words, cmap="RdBu", middle=0.0, high=limit, fontsize=10
    )
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, **TITLE)
    bar = figure.colorbar(
        image, ax=axes, shrink=0.9, format=lambda value, _: f"{value:+.0f}%" if round(value) else "0%"
    )
    bar.outline.set_visible(False)
    bar.set_label(legend, fontsize=9)
    return figure
