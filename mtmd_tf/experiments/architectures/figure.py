"""Quality of each architecture against the cost of a query (paper section 3.2)."""

from collections.abc import Mapping

from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.measures.improvement import reach
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import COLORS, TITLE, log_x, plain

_AXES = {"median_ms": "query tower, median ms", "flops": "FLOPs of a query"}


def quality_and_cost(measured: Architectures, costs: Mapping[str, Costs]) -> Figure | None:
    """A point for each arm, with its interval; None where no query was timed.

    Args:
        measured: The measured table.
        costs: `{arm: what it costs}`.
    """
    cells = [c for c in measured.cells if c.old == BASELINE and (c.product, c.task) == (ALL, ALL)]
    timed = [(cell, latency) for cell in cells if (latency := costs[cell.new].latency) is not None]
    if not timed:
        return None
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    grid = figure.subplots(1, len(_AXES), sharey=True)
    for axes, (name, words) in zip(grid, _AXES.items(), strict=True):
        for cell, latency in timed:
            x, y = latency[name], cell.improvement.value
            color = COLORS[1] if cell.new.endswith(SPLIT) else COLORS[0]
            axes.errorbar([x], [y], yerr=reach([cell.improvement]), fmt="o", color=color, capsize=3)
            axes.annotate(cell.new, (x, y), xytext=(5, 4), textcoords="offset points", fontsize=7)
        label = f"improvement of LogMAE over {BASELINE}, %" if axes is grid[0] else ""
        plain(axes, x=words, y=label, zero="y")
        log_x(axes)
    figure.suptitle("Quality against the cost of a query, mean of the tasks", **TITLE)
    return figure
