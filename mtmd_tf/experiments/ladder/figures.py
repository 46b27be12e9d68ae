"""The ladder's curves: improvement over the models of one slice against pairs a slice, and domains' distance."""

from collections.abc import Callable, Sequence
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.experiments.ladder.measure import MEASURES, CellComparison, Comparison
from mtmd_tf.experiments.ladder.rungs import ADWORLD, AS_IS, DISTANCES, JOURNEY
from mtmd_tf.experiments.measures.improvement import reach
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.reporting.figures import TITLE, plain

TITLES = {JOURNEY: "Complete Journey", ADWORLD: "ad world"}
_COLORS = ("#0072B2", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#999999", "#000000")
_MARKS = "osD^vPX*"


def by_size(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a source and measure, a curve a variant; None where nothing was compared."""
    shown = [each for each in comparisons if each.old == BASELINE and each.rung.distance == AS_IS]
    return _panels(
        shown,
        across=[source for source in TITLES if any(each.rung.source == source for each in shown)],
        belongs=lambda each, source: each.rung.source == source,
        title=lambda source: TITLES[source],
        at=lambda each: each.pairs_a_slice,
        label="training pairs a slice",
    )


def by_distance(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a size and measure, a curve a variant; None where no world is nearer or farther."""
    sizes = sorted({each.rung.size for each in comparisons if each.rung.distance != AS_IS})
    shown = [g for g in comparisons if g.old == BASELINE and g.rung.source == ADWORLD and g.rung.size in sizes]
    figure = _panels(
        shown,
        across=sizes,
        belongs=lambda each, size: each.rung.size == size,
        title=lambda size: f"ad world, {size:,.0f} requests",
        at=lambda each: 100.0 * DISTANCES[each.rung.distance],
        label="distance: a slice's own share of the variance of a click's log-odds",
    )
    if figure:
        for axes in figure.axes:
            ticks = {100.0 * share: f"{name}, {share:.0%}" for name, share in DISTANCES.items()}
            axes.set_xticks([*ticks], [*ticks.values()])
            axes.minorticks_off()
    return figure


def by_slice(comparisons: Sequence[Comparison]) -> Figure | None:
    """A panel a measure, a point a slice of each rung: the mean of its tasks' improvements; None without MTMD."""
    shown = [each for each in comparisons if (each.new, each.old) == (OURS, BASELINE)]
    if not shown:
        return None
    figure = Figure(figsize=(10.0, 4.2), layout="constrained")
    grid = figure.subplots(1, len(MEASURES), sharey=True)
    kinds = [("Complete Journey", JOURNEY, AS_IS), *((f"ad world, {name}", ADWORLD, name) for name in DISTANCES)]
    for axes, (measure, words) in zip(grid, MEASURES.items(), strict=True):
        for place, (kind, source, distance) in enumerate(kinds):
            here = [g for g in shown if (g.measure, g.rung.source, g.rung.distance) == (measure, source, distance)]
            points = [point for each in here for point in _slices(each)]
            if points:
                axes.scatter(*zip(*points, strict=True), s=16, color=_COLORS[place], marker=_MARKS[place], label=kind)
        _log_axes(axes)
        axes.set_title(words, fontsize=10)
        axes.set_xlabel("training pairs of the slice", fontsize=9)
    grid[0].set_ylabel(f"improvement of {OURS}, mean of the tasks, %", fontsize=9)
    grid[0].legend(fontsize=8, frameon=False)
    figure.suptitle(f"{OURS} over each slice's own model", **TITLE)
    return figure


def _slices(comparison: Comparison) -> list[tuple[int, float]]:
    """Training pairs and mean improvement of each slice."""
    slices: dict[tuple[str, str], list[CellComparison]] = {}
    for cell in comparison.cells:
        slices.setdefault((cell.surface, cell.product), []).append(cell)
    return [(cells[0].pairs, fmean(cell.improvement.value for cell in cells)) for cells in slices.values()]


def _panels(
    comparisons: Sequence[Comparison],
    *,
    across: Sequence,
    belongs: Callable[[Comparison, object], bool],
    title: Callable,
    at: Callable[[Comparison], float],
    label: str,
) -> Figure | None:
    variants = list(dict.fromkeys(each.new for each in comparisons))
    if not variants or not across:
        return None
    figure = Figure(figsize=(1.0 + 5.0 * len(across), 7.2), layout="constrained")
    grid = figure.subplots(len(MEASURES), len(across), squeeze=False, sharex="col")
    for row, (measure, words) in enumerate(MEASURES.items()):
        for column, panel in enumerate(across):
            axes = grid[row, column]
            for place, variant in enumerate(variants):
                here = [g for g in comparisons if (g.new, g.measure) == (variant, measure) and belongs(g, panel)]
                _curve(axes, sorted(here, key=at), at=at, place=place, of=len(variants))
            _log_axes(axes)
            if row == 0:
                axes.set_title(title(panel), fontsize=10)
            if row == len(MEASURES) - 1:
                axes.set_xlabel(label, fontsize=9)
        grid[row, 0].set_ylabel(f"improvement of {words}, %", fontsize=9)
    handles = {
        text: handle for axes in figure.axes for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    figure.suptitle("Improvement over one model a slice, mean of the cells", **TITLE)
    return figure


def _curve(
    axes: Axes, comparisons: Sequence[Comparison], *, at: Callable[[Comparison], float], place: int, of: int
) -> None:
    """A line with its intervals, a little to the side, so that those of one rung do not hide each other."""
    if not comparisons:
        return
    beside = 1.0 + 0.05 * (place - (of - 1) / 2)
    axes.errorbar(
        [at(each) * beside for each in comparisons],
        [each.improvement.value for each in comparisons],
        yerr=reach([each.improvement for each in comparisons]),
        marker=_MARKS[place % len(_MARKS)],
        color=_COLORS[place % len(_COLORS)],
        label=comparisons[0].new,
        markersize=5,
        linewidth=2.0 if comparisons[0].new == OURS else 1.0,
        capsize=2,
    )


def _log_axes(axes: Axes) -> None:
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.set_xscale("log")
    plain(axes)
