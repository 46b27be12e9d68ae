"""Figures of an evaluation: improvement by slice, calibration curves, recall after the cut (paper section 3)."""

import math
import pathlib
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.evaluation.comparison import compare, slices, tasks
from mtmd_tf.evaluation.inspection_figures import distance_map, gate_maps, routing_bars
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import GRAY, TITLE, color, improvement_map, log_x, panels, plain, save_figures

FOLDER = "figures"

_TITLES = {
    "improvement": "LogMAE against the training mean",
    "calibration": "Calibration",
    "recall": "Recall after the lightweight cut",
    "routing": "What the routers weigh",
    "gates": "How far the gates open",
    "distances": "How far domains have moved from what they share",
}


def draw(evaluation: Evaluation, folder: str | pathlib.Path, *, highlight_surface: str | None = None) -> dict[str, str]:
    """Writes every figure that there is data for as PNG into `folder`/figures.

    Returns:
        `{title: path}` with paths relative to `folder`, as `report` takes them.

    Raises:
        ValueError: `highlight_surface` is no surface of the evaluation.
    """
    figures = {
        "improvement": heat_map(evaluation, highlight_surface=highlight_surface),
        "calibration": calibration_curves(evaluation),
        "recall": recall_curves(evaluation),
        "routing": routing_bars(evaluation.routing),
        "gates": gate_maps(evaluation.gates),
        "distances": distance_map(evaluation.distances),
    }
    place = pathlib.Path(folder) / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    return {_TITLES[name]: f"{FOLDER}/{file}" for name, file in save_figures(figures, place).items()}


def heat_map(evaluation: Evaluation, *, highlight_surface: str | None = None) -> Figure:
    """LogMAE improvement over the training mean in percent, slices down and tasks across; gray where there is none."""
    gain: dict[tuple[str, str], float | None] = {}
    cells = compare(evaluation)
    for surface, product in slices(evaluation.rows, highlight=highlight_surface):
        for task in tasks(evaluation.rows):
            cell = cells[surface, product, task]
            measured = math.nan if cell.log_mae is None else cell.log_mae
            gain[f"{surface} x {product}", task] = measured if cell.model.exists else None
    title = "LogMAE: improvement over the training mean"
    return improvement_map(gain, title=title, legend="better than the mean is blue")


def calibration_curves(evaluation: Evaluation) -> Figure | None:
    """Mean label against mean prediction in bins of log-odds, a panel per task and a line per surface."""
    points = pd.DataFrame([row for row in evaluation.calibration if row.product == ALL and row.surface != ALL])
    if points.empty:
        return None
    surfaces, tasks_shown = points["surface"].unique(), points["task"].unique()
    figure, grid = panels(len(tasks_shown))
    for axes, task in zip(grid, tasks_shown, strict=True):
        drawn = points.query("task == @task and probability > 0 and label > 0")
        for number, surface in enumerate(surfaces):
            curve = drawn[drawn["surface"] == surface]
            style = {"data": curve, "color": color(number), "alpha": 0.8}
            size = 6 + 150 * curve["pairs"] / max(curve["pairs"].sum(), 1)
            axes.plot("probability", "label", linewidth=1.2, label="_", **style)
            axes.scatter("probability", "label", s=size, linewidth=0, label=surface, **style)
        low = drawn[["probability", "label"]].min().min() if len(drawn) else 0.1
        ends = [10.0 ** math.floor(math.log10(low)), 1.0]
        axes.plot(ends, ends, color=GRAY, linewidth=1, linestyle="--", zorder=0)
        axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
        axes.tick_params(labelsize=8)
        plain(axes, title=task, x="mean prediction", y="mean label")
    _legend(grid[0], loc="upper left")
    figure.suptitle("Calibration: on the dashed line is right; a larger dot holds more pairs", **TITLE)
    return figure


def recall_curves(evaluation: Evaluation) -> Figure | None:
    """Recall of the heavyweight ranker's best K among the N kept, a panel per task and K, a line per surface."""
    rows = [row for row in evaluation.funnel if row.recall is not None and row.cut >= row.top and row.product == ALL]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    shown = sorted(dict.fromkeys((row.top, row.task) for row in rows), key=lambda panel: panel[0])  # a line per K
    surfaces = list(frame["surface"].unique())
    figure, grid = panels(len(shown), across=frame["task"].nunique())
    for axes, (top, task) in zip(grid, shown, strict=True):
        here = frame.query("top == @top and task == @task")
        for number, surface in enumerate(surface for surface in surfaces if surface != ALL):
            style = {"color": color(number), "marker": "o", "markersize": 4, "label": surface}
            axes.plot("cut", "recall", data=here[here["surface"] == surface], **style)
        chance = here[here["surface"] == (ALL if ALL in surfaces else surfaces[0])]
        style = {"color": GRAY, "linestyle": "--", "linewidth": 1, "label": "random order"}
        axes.plot("cut", "recall_by_chance", data=chance, **style)
        axes.set(ylim=(0, 1.03))
        log_x(axes, here["cut"])
        axes.tick_params(labelsize=8)
        plain(axes, title=f"{task}, top {top}", x="N kept of a request", y=f"share of the top {top} kept")
    _legend(grid[0], loc="lower right")
    figure.suptitle("Recall: how much of the heavyweight ranker's top K survives the cut at N", **TITLE)
    return figure


def _legend(axes: Axes, **placed: Any) -> None:
    legend = axes.legend(fontsize=8, frameon=False, **placed)
    for handle in legend.legend_handles:
        if hasattr(handle, "set_sizes"):
            handle.set_sizes([30])
