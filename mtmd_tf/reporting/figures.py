"""The common parts of figures: colors, axes, maps of numbers, and files whose bytes are the same each time."""

import math
import pathlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display
from matplotlib.image import AxesImage
from matplotlib.ticker import EngFormatter, LogLocator

from tfrecords_tools.files import atomically

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")  # told apart by color-blind readers
GRAY = "#777777"
_EMPTY = "#e4e4e4"
_PANEL_INCHES, _CELL_INCHES = (3.6, 3.3), (1.35, 0.46)
TITLE = {"fontsize": 11, "fontweight": "bold"}


def save_figure(figure: Figure, path: pathlib.Path) -> None:
    """Writes a PNG, whole or not at all; the same figure gives the same bytes."""
    with atomically(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150, metadata={"Software": None})


def color(number: int) -> str:
    """The color of the series of this number."""
    return COLORS[number % len(COLORS)]


def plain(axes: Axes, *, grid: bool = True) -> None:
    """Axes without a frame at the top and right, with a light grid behind."""
    if grid:
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def log_x(axes: Axes, at: Iterable[float] = ()) -> None:
    """A logarithmic x axis with ticks at `at`, by default 1, 2 and 5 of each decade, written as `500`, `10,000`, `2M`.

    Matplotlib's own ticks within a decade are `2 x 10^1`, `3 x 10^1` and so on, which overlap.
    """
    axes.set_xscale("log")
    if ticks := sorted({*at}):
        axes.set_xticks(ticks, [f"{tick:,.0f}" if 1 <= tick < 1e5 else EngFormatter(sep="")(tick) for tick in ticks])
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.minorticks_off()


def bare(axes: Axes) -> None:
    """Axes without ticks and frame."""
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def panels(count: int, *, across: int | None = None) -> tuple[Figure, list[Axes]]:
    """A figure of so many axes, at most `across` in a row."""
    across = across or min(count, 4)
    down = math.ceil(count / across)
    figure = Figure(figsize=(_PANEL_INCHES[0] * across, _PANEL_INCHES[1] * down + 0.3), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    grid = list(figure.subplots(down, across, squeeze=False).ravel())
    for unused in grid[count:]:
        unused.set_visible(False)
    return figure, grid[:count]


def number_map(
    axes: Axes,
    values: np.ndarray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    words: Callable[[int, int, float], str],
    cmap: str,
    middle: float,
    high: float,
    diverging: bool = True,
    fontsize: int = 9,
) -> AxesImage:
    """Draws `[rows, columns]` as colors with the numbers in them, gray where a number is NaN.

    Args:
        axes: Axes to draw into.
        values: `[rows, columns]` numbers.
        rows: Names of the rows.
        columns: Names of the columns.
        words: Row, column and value to the text in the cell.
        cmap: Name of the color map.
        middle: Value of its palest color.
        high: Value of its darkest color above the middle.
        diverging: Whether the map is even about the middle, or begins there.
        fontsize: Points of the text in the cells.

    Returns:
        The image, for a color bar.
    """
    axes.set_facecolor(_EMPTY)
    low = 2 * middle - high if diverging else middle
    image = axes.imshow(np.ma.masked_invalid(values), cmap=cmap, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        dark = abs(value - middle) > 0.6 * (high - middle)
        ink = "white" if dark else "black" if np.isfinite(value) else GRAY
        axes.text(column, row, words(row, column, value), ha="center", va="center", color=ink, fontsize=fontsize)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    return image


def improvement_map(
    gain: Sequence[Sequence[float | None]],
    *,
    exists: Sequence[Sequence[bool]],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    legend: str,
) -> Figure:
    """Blue where the gain is above 0, red where it is below, even about 0; gray where there is none.

    Args:
        gain: `[rows][columns]` percent, or None where nothing was measured.
        exists: `[rows][columns]`, whether the cell can be measured at all.
        rows: Names of the slices.
        columns: Names of the tasks.
        title: Text above the map.
        legend: Text beside the color bar.
    """
    values = np.array([[math.nan if value is None else value for value in line] for line in gain])
    size = (3.6 + _CELL_INCHES[0] * len(columns), 1.2 + _CELL_INCHES[1] * len(rows))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()

    def words(row: int, column: int, value: float) -> str:
        return f"{value:+.1f}%" if np.isfinite(value) else ("-" if exists[row][column] else "N/A")

    limit = max(1.0, np.abs(values[np.isfinite(values)]).max(initial=0.0))
    image = number_map(
        axes, values, rows=rows, columns=columns, words=words, cmap="RdBu", middle=0.0, high=limit, fontsize=10
    )
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, **TITLE)
    bar = figure.colorbar(
        image, ax=axes, shrink=0.9, format=lambda value, _: f"{value:+.0f}%" if round(value) else "0%"
    )
    bar.outline.set_visible(False)
    bar.set_label(legend, fontsize=9)
    return figure
