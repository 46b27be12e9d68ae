"""Figures of what is inside an MTMD: expert weights by domain and task, gates by field and domain (Figures 3 and 4)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtmd_tf.evaluation.inspection_rows import DistanceRow, GateRow, RouterRow

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_TITLE = {"fontsize": 11, "fontweight": "bold"}


def routing_bars(rows: Sequence[RouterRow]) -> Figure | None:
    """A panel per tower, a bar per domain and task, cut into the experts' mean weights; None without rows."""
    if not rows:
        return None
    sides = list(dict.fromkeys(row.side for row in rows))
    experts = list(dict.fromkeys(row.expert for row in rows))
    bars = {side: list(dict.fromkeys((r.domain, r.task) for r in rows if r.side == side)) for side in sides}
    tallest = max(len(names) for names in bars.values())
    figure = Figure(figsize=(5.6 * len(sides), 1.3 + 0.28 * tallest), layout="constrained")
    for axes, side in zip(figure.subplots(1, len(sides), squeeze=False)[0], sides, strict=True):
        weight = {(row.domain, row.task, row.expert): row.weight for row in rows if row.side == side}
        left = np.zeros(len(bars[side]))
        for number, expert in enumerate(experts):
            width = np.array([weight.get((*bar, expert), 0.0) for bar in bars[side]])
            colour = _COLOURS[number % len(_COLOURS)]
            drawn = axes.barh(range(len(width)), width, left=left, color=colour, label=expert.replace("_", " "))
            words = [f"{value:.2f}" if value >= 0.06 else "" for value in width]
            axes.bar_label(drawn, words, label_type="center", fontsize=8, color="white", fontweight="bold")
            left += width
        axes.set_yticks(range(len(left)), [f"{domain}, {task}" for domain, task in bars[side]], fontsize=8)
        axes.set(xlim=(0, 1), title=f"{side} tower")
        axes.invert_yaxis()
        _bare(axes)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=9, frameon=False)
    figure.suptitle("Routing: mean weight of each expert", **_TITLE)
    return figure


def gate_maps(rows: Sequence[GateRow]) -> Figure | None:
    """A panel per tower, fields down and domains across: blue amplifies, red damps; None without rows."""
    if not rows:
        return None
    sides = list(dict.fromkeys(row.side for row in rows))
    fields = {side: list(dict.fromkeys(row.field for row in rows if row.side == side)) for side in sides}
    tallest = max(len(names) for names in fields.values())
    figure = Figure(figsize=(5.2 * len(sides), 1.6 + 0.24 * tallest), layout="constrained")
    grid = figure.subplots(1, len(sides), squeeze=False)[0]
    for axes, side in zip(grid, sides, strict=True):
        domains = list(dict.fromkeys(row.domain for row in rows if row.side == side))
        gate = np.full([len(fields[side]), len(domains)], np.nan)
        for row in rows:
            if row.side == side:
                gate[fields[side].index(row.field), domains.index(row.domain)] = row.gate
        axes.set_facecolor("#e5e5e5")
        image = axes.imshow(np.ma.masked_invalid(gate), cmap="RdBu", vmin=0, vmax=2, aspect="auto")
        for (field, domain), value in np.ndenumerate(gate):
            colour = "white" if abs(value - 1) > 0.6 else "black"
            axes.text(
                domain,
                field,
                f"{value:.2f}" if value == value else "N/A",
                ha="center",
                va="center",
                color=colour,
                fontsize=8,
            )
        axes.set_xticks(range(len(domains)), domains, fontsize=9)
        axes.set_yticks(range(len(fields[side])), fields[side], fontsize=8)
        axes.set_title(f"{side} tower")
        _bare(axes)
    figure.colorbar(image, ax=grid, shrink=0.8, label="1 leaves a field as it is").outline.set_visible(False)
    figure.suptitle("Squeeze-and-excitation: mean gate of each field", **_TITLE)
    return figure


def distance_map(rows: Sequence[DistanceRow]) -> Figure | None:
    """Domains down, parts across, darker the farther a domain's part is from the base; None without rows."""
    if not rows:
        return None
    domains = list(dict.fromkeys((row.side, row.domain) for row in rows))
    parts = list(dict.fromkeys(row.part for row in rows))
    value = np.full([len(domains), len(parts)], np.nan)
    for row in rows:
        value[domains.index((row.side, row.domain)), parts.index(row.part)] = row.distance
    figure = Figure(figsize=(3.2 + 1.15 * len(parts), 1.5 + 0.4 * len(domains)), layout="constrained")
    axes = figure.subplots()
    most = max(float(np.nanmax(value)), 1e-9)
    image = axes.imshow(value, cmap="Blues", vmin=0, vmax=most, aspect="auto")
    for (at, part), number in np.ndenumerate(value):
        colour = "white" if number > 0.6 * most else "black"
        axes.text(part, at, f"{number:.2f}", ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(parts)), parts, fontsize=9)
    axes.set_yticks(range(len(domains)), [f"{domain} ({side})" for side, domain in domains], fontsize=9)
    axes.set_title("How far each domain has moved from the shared base", **_TITLE)
    _bare(axes)
    figure.colorbar(image, ax=axes, shrink=0.9, label="deviation / base").outline.set_visible(False)
    return figure


def _bare(axes: Axes) -> None:
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
