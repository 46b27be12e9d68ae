"""The funnel as a drawing: how many ads of a request are left after each stage (paper Figure 1)."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.reporting.figures import TITLE, color, panels

_HEIGHT, _LEAST = 0.72, 0.04


def funnel_drawing(counts: Mapping[str, Mapping[str, float]]) -> Figure:
    """A panel for each arm: bars, one below another, as wide as the logarithm of the ads of a request.

    Args:
        counts: `{arm: {stage: ads of a request}}`, stages from the top.
    """
    figure, grid = panels(len(counts), across=min(len(counts), 3))
    for number, (axes, (arm, stages)) in enumerate(zip(grid, counts.items(), strict=True)):
        _draw(axes, stages, fill=color(number))
        axes.set_title(arm, fontsize=10)
    figure.set_size_inches(
        4.6 * min(len(counts), 3), (0.8 + 0.42 * len(next(iter(counts.values())))) * -(-len(counts) // 3)
    )
    figure.suptitle("Ads of one request, stage by stage", **TITLE)
    return figure


def _draw(axes: Axes, stages: Mapping[str, float], *, fill: str) -> None:
    most, least = max(stages.values()), min([count for count in stages.values() if count > 0.0], default=1.0)
    span = max(np.log(most / least), 1.0) if most > 0.0 else 1.0
    for place, (stage, count) in enumerate(stages.items()):
        width = _LEAST + (1.0 - _LEAST) * np.log(count / least) / span if count > 0.0 else _LEAST
        axes.barh(place, width, left=-width / 2.0, height=_HEIGHT, color=fill, alpha=0.35)
        axes.text(0.0, place, f"{stage}: {words(count)}", ha="center", va="center", fontsize=8)
    axes.set_xlim(-0.62, 0.62)
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_axis_off()


def words(count: float) -> str:
    """Three digits of a count: `12,300`, `48.2`, `0.0213`."""
    return f"{count:,.0f}" if count >= 100.0 else f"{count:.3g}"
