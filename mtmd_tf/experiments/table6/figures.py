"""Table 6 as bars with intervals: every effect, and the paper's four by bucket (paper section 3.4)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.table6.comparison import Cell, Table6
from mtmd_tf.experiments.table6.variants import BUCKETS, PAPER
from mtmd_tf.metrics import ALL

_OURS, _HURTS, _PAPER = "#0072B2", "#D55E00", "#333333"
_BAR_INCHES = 0.34


def effects(table: Table6) -> Figure | None:
    """A bar an effect, on all pairs, mean of the tasks; the paper's own as a diamond."""
    cells = [cell for cell in table.cells if (cell.task, cell.bucket) == (ALL, ALL)]
    if not cells:
        return None
    figure = Figure(figsize=(8.0, 1.3 + _BAR_INCHES * len(cells)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(cells))
    colours = [_OURS if cell.improvement > 0 else _HURTS for cell in cells]
    axes.barh(place, [cell.improvement for cell in cells], xerr=_errors(cells), color=colours, height=0.7, capsize=3)
    paper = [(i, PAPER[cell.effect][-1]) for i, cell in enumerate(cells) if cell.effect in PAPER]
    _paper(axes, [value for _, value in paper], [i for i, _ in paper])
    axes.set_yticks(place, [cell.effect for cell in cells])
    axes.invert_yaxis()
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("effect on LogMAE, %; above 0 the named factor helps")
    axes.set_title("What each part is worth, mean of the tasks", fontsize=11, fontweight="bold")
    return _finished(figure, axes)


def by_bucket(table: Table6) -> Figure | None:
    """The paper's four factors in each bucket, mean of the tasks; the paper's own as diamonds."""
    factors = {name: [cell for cell in table.cells if (cell.effect, cell.task) == (name, ALL)] for name in PAPER}
    factors = {name: cells for name, cells in factors.items() if cells}
    if not factors:
        return None
    figure = Figure(figsize=(1.5 + 2.6 * len(factors), 3.4), layout="constrained")
    grid = figure.subplots(1, len(factors), squeeze=False)[0]
    for axes, (name, cells) in zip(grid, factors.items(), strict=True):
        place = [BUCKETS.index(cell.bucket) for cell in cells]
        axes.bar(place, [cell.improvement for cell in cells], yerr=_errors(cells), color=_OURS, width=0.7, capsize=3)
        _paper(axes, range(len(BUCKETS)), PAPER[name])
        axes.set_xticks(range(len(BUCKETS)), BUCKETS)
        axes.axhline(0.0, color="black", linewidth=0.8)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("bucket; 0 is the top tenth", fontsize=9)
    grid[0].set_ylabel("effect on LogMAE, %", fontsize=9)
    return _finished(figure, *grid)


def _paper(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    if len(x):
        axes.scatter(x, y, marker="D", s=22, color=_PAPER, edgecolor="white", zorder=3, label="paper")


def _errors(cells: Sequence[Cell]) -> np.ndarray:
    """`[2, cells]` lengths below and above, none below 0: an interval of few draws can leave its value out."""
    lengths = [[cell.improvement - cell.low, cell.high - cell.improvement] for cell in cells]
    return np.maximum(np.array(lengths).T, 0.0)


def _finished(figure: Figure, *grid: Axes) -> Figure:
    for axes in grid:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
    if grid[0].get_legend_handles_labels()[0]:
        grid[0].legend(fontsize=8, frameon=False)
    return figure
