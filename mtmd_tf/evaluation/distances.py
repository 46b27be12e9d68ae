"""How far each domain's parts have moved from what the domains share: where domains really differ (docs/adr/0028)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from mtmd_tf.evaluation.inspection_rows import DistanceRow
from mtmd_tf.sharing import deviations
from mtmd_tf.towers import Tower


def distances(model: Any) -> tuple[DistanceRow, ...]:
    """Of every part of every domain that deviates from a base; none where domains share none."""
    found = []
    for side in ("query", "item"):
        tower = getattr(model, f"{side}_tower", None)
        if not isinstance(tower, Tower) or tower.base is None:
            continue
        for domain, expert in tower.experts.items():
            for part, layers in expert.parts().items():
                share = _distance([weight for layer in layers for weight in deviations(layer)])
                found.append(DistanceRow(side=side, domain=domain, part=part, distance=share))
    return tuple(found)


def _distance(weights: Sequence[Any]) -> float:
    moved = base = 0.0
    for weight in weights:
        shared = weight.base()
        moved += float(tf.reduce_sum(tf.square(weight.deviation(shared))))
        base += float(tf.reduce_sum(tf.square(shared)))
    return math.sqrt(moved / base) if base else 0.0


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
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("How far each domain has moved from the shared base", fontsize=11, fontweight="bold")
    figure.colorbar(image, ax=axes, shrink=0.9, label="deviation / base").outline.set_visible(False)
    return figure
