"""The ladder's curves: improvement over the models of one slice against pairs a slice, and domains' distance."""

import itertools
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.ladder.measure import CellComparison, Comparison
from mtmd_tf.experiments.ladder.rungs import ADWORLD, AS_IS, DISTANCES, sources
from mtmd_tf.experiments.measures.improvement import MEASURES, reach
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.reporting.figures import COLORS, TITLE, log_x, plain

_COLORS = (*(COLORS[place] for place in (0, 4, 1, 2, 3, 5)), "#999999", "#000000")
_MARKS = "osD^vPX*"


def by_size(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a source and measure, a curve a variant; None where nothing was compared."""
    here = [each for each in comparisons if each.rung.distance == AS_IS]
    named = {each.rung.source: each.rung.title for each in here}
    frame, titles = _frame(here), {source: named[source] for source in sources(each.rung for each in here)}
    return _panels(frame, "source", titles, x="pairs", label="training pairs a slice")


def by_distance(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a size and measure, a curve a variant; None where no world is nearer or farther."""
    sizes = sorted({each.rung.size for each in comparisons if each.rung.distance != AS_IS})
    frame = _frame([c for c in comparisons if c.rung.source == ADWORLD and c.rung.size in sizes])
    label = "distance: a slice's own share of the variance of a click's log-odds"
    titles = {size: f"ad world, {size:,.0f} requests" for size in sizes}
    figure = _panels(frame, "size", titles, x="share", label=label)
    if figure:
        for axes in figure.axes:
            ticks = {100.0 * share: f"{name}, {share:.0%}" for name, share in DISTANCES.items()}
            axes.set_xticks([*ticks], [*ticks.values()])
    return figure


def by_slice(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a measure, a point a slice of each rung: the mean of its tasks' improvements; None without MTMD."""
    shown = [each for each in comparisons if (each.new, each.old) == (OURS, BASELINE)]
    if not shown:
        return None
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    grid = figure.subplots(1, len(MEASURES), sharey=True)
    there = {(each.rung.source, each.rung.distance) for each in shown}
    kinds = [kind for kind in itertools.product(sources(each.rung for each in shown), DISTANCES) if kind in there]
    for axes, (measure, words) in zip(grid, MEASURES.items(), strict=True):
        for place, (source, distance) in enumerate(kinds):
            here = [g for g in shown if (g.measure, g.rung.source, g.rung.distance) == (measure, source, distance)]
            style = {"color": _COLORS[place % len(_COLORS)], "marker": _MARKS[place % len(_MARKS)]}
            points = [point for each in here for point in _slices(each)]
            if points:
                label = here[0].rung.title + ("" if source != ADWORLD else f", {distance}")
                axes.scatter(*zip(*points, strict=True), s=16, label=label, **style)
        y = f"improvement of {OURS}, mean of the tasks, %" if axes is grid[0] else ""
        log_x(axes)
        plain(axes, title=words, x="training pairs of the slice", y=y, zero="y")
    grid[0].legend(fontsize=8, frameon=False)
    figure.suptitle(f"{OURS} over each slice's own model", **TITLE)
    return figure


def _slices(comparison: Comparison) -> list[tuple[int, float]]:
    """Training pairs and mean improvement of each slice."""
    slices: dict[tuple[str, str], list[CellComparison]] = {}
    for cell in comparison.cells:
        slices.setdefault((cell.surface, cell.product), []).append(cell)
    return [(cells[0].pairs, fmean(cell.improvement.value for cell in cells)) for cells in slices.values()]


def _frame(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """A line for each comparison with the models of one slice."""
    rows = [
        (each.new, each.measure, each.rung.source, each.rung.size, each.pairs_a_slice)
        + (100.0 * DISTANCES[each.rung.distance], each.improvement)
        for each in comparisons
        if each.old == BASELINE
    ]
    return pd.DataFrame(rows, columns=["variant", "measure", "source", "size", "pairs", "share", "improvement"])


def _panels(frame: pd.DataFrame, by: str, titles: Mapping[Any, str], *, x: str, label: str) -> Figure | None:
    """A row of panels a measure, a column for each value of `by`, its curves over the column `x`."""
    variants = frame["variant"].unique()
    if frame.empty or not titles:
        return None
    figure = Figure(figsize=(1.0 + 5.0 * len(titles), 7.2), layout="constrained")
    grid = figure.subplots(len(MEASURES), len(titles), squeeze=False, sharex="col")
    for row, (measure, words) in enumerate(MEASURES.items()):
        for axes, (value, title) in zip(grid[row], titles.items(), strict=True):
            here = frame[(frame["measure"] == measure) & (frame[by] == value)].sort_values(x, kind="stable")
            for place, variant in enumerate(variants):
                _curve(axes, here[here["variant"] == variant], x=x, place=place, of=len(variants))
            log_x(axes, here[x])
            plain(
                axes,
                title=title if row == 0 else "",
                x=label if row == len(MEASURES) - 1 else "",
                y=f"improvement of {words}, %" if axes is grid[row, 0] else "",
                zero="y",
            )
    legends = [zip(*axes.get_legend_handles_labels(), strict=True) for axes in figure.axes]
    handles = {text: handle for each in legends for handle, text in each}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    figure.suptitle("Improvement over one model a slice, mean of the cells", **TITLE)
    return figure


def _curve(axes: Axes, points: pd.DataFrame, *, x: str, place: int, of: int) -> None:
    """A line with its intervals, a little to the side, so that those of one rung do not hide each other."""
    if points.empty:
        return
    variant, improvements = points["variant"].iloc[0], list(points["improvement"])
    style = {"marker": _MARKS[place % len(_MARKS)], "color": _COLORS[place % len(_COLORS)], "markersize": 5}
    axes.errorbar(
        points[x] * (1.0 + 0.05 * (place - (of - 1) / 2)),
        [each.value for each in improvements],
        yerr=reach(improvements),
        label=variant,
        linewidth=2.0 if variant == OURS else 1.0,
        capsize=2,
        **style,
    )
