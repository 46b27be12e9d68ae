"""Table 6 as bars with intervals: every effect, and the paper's four by bucket (paper section 3.4)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.measures.improvement import reach
from mtmd_tf.experiments.table6.comparison import Cell, Table6
from mtmd_tf.experiments.table6.variants import BUCKETS, PAPER
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import COLORS, TITLE, plain

_OURS, _HURTS, _PAPER = COLORS[0], COLORS[5], "#333333"
_BAR_INCHES = 0.34


def effects(measured: Table6) -> Figure | None:
    """A bar an effect, on all pairs, mean of the tasks; the paper's own as a diamond."""
    cells = [cell for cell in measured.cells if (cell.task, cell.bucket) == (ALL, ALL)]
    if not cells:
        return None
    figure = Figure(figsize=(8.0, 1.3 + _BAR_INCHES * len(cells)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(cells))
    values = [cell.improvement.value for cell in cells]
    colors = [_OURS if value > 0 else _HURTS for value in values]
    axes.barh(place, values, xerr=_reach(cells), color=colors, height=0.7, capsize=3)
    paper = [(i, PAPER[cell.effect][-1]) for i, cell in enumerate(cells) if cell.effect in PAPER]
    _paper(axes, [value for _, value in paper], [i for i, _ in paper])
    axes.set_yticks(place, [cell.effect for cell in cells])
    axes.invert_yaxis()
    _finish(axes, zero="x")
    axes.set_xlabel("effect on LogMAE, %; above 0 the named factor helps", fontsize=10)
    axes.set_title("What each part is worth, mean of the tasks", **TITLE)
    _legend(axes)
    return figure


def by_bucket(measured: Table6) -> Figure | None:
    """The paper's four factors in each bucket, mean of the tasks; the paper's own as diamonds."""
    factors = {name: [cell for cell in measured.cells if (cell.effect, cell.task) == (name, ALL)] for name in PAPER}
    factors = {name: cells for name, cells in factors.items() if cells}
    if not factors:
        return None
    figure = Figure(figsize=(1.5 + 2.6 * len(factors), 3.4), layout="constrained")
    grid = figure.subplots(1, len(factors), squeeze=False)[0]
    for axes, (name, cells) in zip(grid, factors.items(), strict=True):
        place = [BUCKETS.index(cell.bucket) for cell in cells]
        values = [cell.improvement.value for cell in cells]
        axes.bar(place, values, yerr=_reach(cells), color=_OURS, width=0.7, capsize=3)
        _paper(axes, range(len(BUCKETS)), PAPER[name])
        axes.set_xticks(range(len(BUCKETS)), BUCKETS)
        y = "effect on LogMAE, %" if axes is grid[0] else ""
        _finish(axes, title=name, x="bucket; 0 is the top tenth", y=y, zero="y")
    _legend(grid[0])
    return figure


def _paper(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    if len(x):
        axes.scatter(x, y, marker="D", s=22, color=_PAPER, edgecolor="white", zorder=3, label="paper")


def _reach(cells: Sequence[Cell]) -> np.ndarray:
    return reach([cell.improvement for cell in cells])


def _finish(axes: Axes, **labels: str) -> None:
    plain(axes, grid=False, **labels)
    axes.tick_params(labelsize=9)


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False)
