"""Quality of each architecture against what a query costs (paper section 3.2)."""

from collections.abc import Mapping

from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.metrics import ALL

_AXES = {"median_ms": "query tower, median ms", "flops": "operations of a query"}
_TOGETHER, _SPLIT = "#0072B2", "#E69F00"


def quality_and_cost(table: Architectures, costs: Mapping[str, Costs]) -> Figure | None:
    """A point a contender, with its interval; None where no query was timed.

    Args:
        table: What was measured.
        costs: `{contender: what it costs}`.
    """
    cells = [c for c in table.cells if c.old == BASELINE and (c.product, c.task) == (ALL, ALL)]
    timed = [(cell, latency) for cell in cells if (latency := costs[cell.new].latency) is not None]
    if not timed:
        return None
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    grid = figure.subplots(1, len(_AXES), sharey=True)
    for axes, (name, words) in zip(grid, _AXES.items(), strict=True):
        for cell, latency in timed:
            colour = _SPLIT if cell.new.endswith(SPLIT) else _TOGETHER
            lengths = [[max(cell.improvement - cell.low, 0.0)], [max(cell.high - cell.improvement, 0.0)]]
            axes.errorbar([latency[name]], [cell.improvement], yerr=lengths, fmt="o", color=colour, capsize=3)
            place = (latency[name], cell.improvement)
            axes.annotate(cell.new, place, xytext=(5, 4), textcoords="offset points", fontsize=7)
        axes.axhline(0.0, color="black", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xlabel(words, fontsize=9)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_ylabel(f"improvement of LogMAE over {BASELINE}, %", fontsize=9)
    figure.suptitle("Quality against the cost of a query, mean of the tasks", fontsize=11, fontweight="bold")
    return figure
