"""The cut sweep as curves: each measure against the number kept, a curve for each arm (paper section 1)."""

from collections.abc import Sequence

from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.reporting.figures import TITLE, color, log_x, panels, plain
from mtmd_tf.simulation.statistics.measures import Measure
from mtmd_tf.simulation.statistics.sweep import SweepPoint


def sweep_figure(points: Sequence[SweepPoint], *, measures: Sequence[Measure]) -> Figure:
    """A panel for each measure, with 95% intervals; the number kept is on a logarithmic axis."""
    figure, grid = panels(len(measures), across=3)
    arms = list(dict.fromkeys(point.arm for point in points))
    for axes, measure in zip(grid, measures, strict=True):
        for number, arm in enumerate(arms):
            own = [p for p in points if (p.arm, p.measure) == (arm, measure.name) and p.level]
            values = [point.level.value for point in own if point.level]
            reach = [
                [p.level.value - p.level.low for p in own if p.level],
                [p.level.high - p.level.value for p in own if p.level],
            ]
            kept = [point.kept for point in own]
            axes.errorbar(kept, values, yerr=reach, color=color(number), marker="o", markersize=4, capsize=2, label=arm)
        log_x(axes, (point.kept for point in points))
        axes.set_title(f"{measure.name}: {'less' if measure.less_is_better else 'more'} is better", fontsize=10)
        axes.set_xlabel("ads kept by the lightweight ranker", fontsize=9)
        plain(axes)
    grid[0].legend(fontsize=8, frameon=False)
    figure.suptitle("Online measures against the cut", **TITLE)
    return figure
