"""Figures of the parts of an MTMD: expert weights by domain and task, gates by field and domain (Figures 3 and 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from mtmd_tf.evaluation.inspection_rows import DistanceRow, GateRow, RouterRow
from mtmd_tf.reporting.figures import TITLE, bare, color, number_map


def routing_bars(rows: Sequence[RouterRow]) -> Figure | None:
    """A panel per tower, a bar per domain and task, cut into the experts' mean weights; None without rows."""
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    sides = frame["side"].unique()
    tallest = frame.groupby("side")[["domain", "task"]].apply(lambda each: len(each.drop_duplicates())).max()
    figure = Figure(figsize=(5.6 * len(sides), 1.3 + 0.28 * tallest), layout="constrained")
    for axes, side in zip(figure.subplots(1, len(sides), squeeze=False)[0], sides, strict=True):
        here = frame[frame["side"] == side]
        weights = here.pivot_table(index=["domain", "task"], columns="expert", values="weight", sort=False).fillna(0.0)
        left = np.zeros(len(weights))
        for number, expert in enumerate(frame["expert"].unique()):
            width = weights[expert].to_numpy()
            drawn = axes.barh(range(len(width)), width, left=left, color=color(number), label=expert.replace("_", " "))
            words = [f"{value:.2f}" if value >= 0.06 else "" for value in width]
            axes.bar_label(drawn, words, label_type="center", fontsize=8, color="white", fontweight="bold")
            left += width
        axes.set_yticks(range(len(left)), [f"{domain}, {task}" for domain, task in weights.index], fontsize=8)
        axes.set(xlim=(0, 1), title=f"{side} tower")
        axes.invert_yaxis()
        bare(axes)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=9, frameon=False)
    figure.suptitle("Routing: mean weight of each expert", **TITLE)
    return figure


def gate_maps(rows: Sequence[GateRow]) -> Figure | None:
    """A panel per tower, fields down and domains across: blue amplifies, red damps; None without rows."""
    if not rows:
        return None
    by_side: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        by_side.setdefault(row.side, {})[row.field, row.domain] = row.gate
    tallest = max(len({field for field, _ in gates}) for gates in by_side.values())
    figure = Figure(figsize=(5.2 * len(by_side), 1.6 + 0.24 * tallest), layout="constrained")
    grid = figure.subplots(1, len(by_side), squeeze=False)[0]
    for axes, (side, gates) in zip(grid, by_side.items(), strict=True):
        image = _map(axes, gates, cmap="RdBu", middle=1.0, high=2.0)
        axes.set_title(f"{side} tower")
    figure.colorbar(image, ax=grid, shrink=0.8, label="1 leaves a field as it is").outline.set_visible(False)
    figure.suptitle("Squeeze-and-excitation: mean gate of each field", **TITLE)
    return figure


def distance_map(rows: Sequence[DistanceRow]) -> Figure | None:
    """Domains down, parts across, darker the farther a domain's part is from the base; None without rows."""
    if not rows:
        return None
    distances = {(f"{row.domain} ({row.side})", row.part): row.distance for row in rows}
    domains, parts = (set(names) for names in zip(*distances, strict=True))
    figure = Figure(figsize=(3.2 + 1.15 * len(parts), 1.5 + 0.4 * len(domains)), layout="constrained")
    axes = figure.subplots()
    image = _map(axes, distances, cmap="Blues", high=max(*distances.values(), 1e-9), diverging=False)
    axes.set_title("How far each domain has moved from the shared base", **TITLE)
    figure.colorbar(image, ax=axes, shrink=0.9, label="deviation / base").outline.set_visible(False)
    return figure


def _map(axes: Axes, values: Mapping[tuple[str, str], float], **shown: Any) -> AxesImage:
    image = number_map(axes, values, form="{:.2f}", **shown)
    axes.tick_params(labelsize=9)
    bare(axes)
    return image
