"""A heat map of improvements in percent, slices down and tasks across (paper Table 1)."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure  # without pyplot: no global state, no display

_NO_CELL, _NO_CELL_WORDS = "#e4e4e4", "#777777"
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
    """Blue where the gain is above 0, red where it is below, even about 0; grey where there is none.

    Args:
        gain: `[rows][columns]` percent, or None where nothing was measured.
        exists: `[rows][columns]`, whether the cell can be measured at all.
        rows: Names.
        columns: Names.
        title: Above the map.
        legend: Beside the bar of colours.
    """
    values = np.array([[math.nan if value is None else value for value in line] for line in gain])
    size = (3.6 + _CELL_INCHES[0] * len(columns), 1.2 + _CELL_INCHES[1] * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    limit = max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0.0))
    axes.set_facecolor(_NO_CELL)
    image = axes.imshow(np.ma.masked_invalid(values), cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        words = f"{value:+.1f}%" if np.isfinite(value) else ("-" if exists[row][column] else "N/A")
        colour = "white" if abs(value) > 0.6 * limit else "black" if np.isfinite(value) else _NO_CELL_WORDS
        axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=10)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=11, fontweight="bold")
    bar = figure.colorbar(
        image, ax=axes, shrink=0.9, format=lambda value, _: f"{value:+.0f}%" if round(value) else "0%"
    )
    bar.outline.set_visible(False)
    bar.set_label(legend, fontsize=9)
    return figure
