"""The common parts of figures: colors, axes, maps of numbers, and files whose bytes are the same each time."""

import math
import pathlib
from collections.abc import Iterable, Mapping

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


def save_figures(figures: Mapping[str, Figure | None], folder: pathlib.Path) -> dict[str, str]:
    """Writes each figure as NAME.png into a folder, and removes an earlier one of a name without a figure.

    Returns:
        `{name: file name}` of the figures that are there.
    """
    for name, figure in figures.items():
        if figure is None:
            (folder / f"{name}.png").unlink(missing_ok=True)
        else:
            save_figure(figure, folder / f"{name}.png")
    return {name: f"{name}.png" for name, figure in figures.items() if figure is not None}


def color(number: int) -> str:
    """The color of the series of this number."""
    return COLORS[number % len(COLORS)]


def plain(axes: Axes, *, title: str = "", x: str = "", y: str = "", zero: str = "", grid: bool = True) -> None:
    """Labels axes, perhaps with a line at the 0 of the axis `zero`, and without a frame at the top and right."""
    for label, text, size in ((axes.set_title, title, 10), (axes.set_xlabel, x, 9), (axes.set_ylabel, y, 9)):
        if text:
            label(text, fontsize=size)
    if zero:
        {"x": axes.axvline, "y": axes.axhline}[zero](0.0, color="black", linewidth=0.8)
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
    values: Mapping[tuple[str, str], float | None],
    *,
    form: str,
    cmap: str,
    high: float,
    middle: float = 0.0,
    diverging: bool = True,
    fontsize: int = 9,
) -> AxesImage:
    """Draws `{(row, column): number}` as colors with the numbers in them.

    Gray are a number that cannot exist, which is None or not there (`N/A`), and one that was not measured, NaN (`-`).

    Args:
        axes: Axes to draw into.
        values: Rows and columns in their order.
        form: Format of a number, such as `{:+.1f}%`.
        cmap: Name of the color map.
        high: Value of its darkest color above the middle.
        middle: Value of its palest color.
        diverging: Whether the map is even about the middle, or begins there.
        fontsize: Points of the text in the cells.

    Returns:
        The image, for a color bar.
    """
    rows, columns = (list(dict.fromkeys(names)) for names in zip(*values, strict=True))
    cells = [[values.get((row, column)) for column in columns] for row in rows]
    grid = np.array(cells, float)  # [rows, columns], None is NaN
    axes.set_facecolor(_EMPTY)
    low = 2 * middle - high if diverging else middle
    image = axes.imshow(np.ma.masked_invalid(grid), cmap=cmap, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(grid):
        dark = abs(value - middle) > 0.6 * (high - middle)
        ink = "white" if dark else "black" if np.isfinite(value) else GRAY
        text = form.format(value) if np.isfinite(value) else "N/A" if cells[row][column] is None else "-"
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=fontsize)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    return image


def improvement_map(gain: Mapping[tuple[str, str], float | None], *, title: str, legend: str) -> Figure:
    """Blue where the gain is above 0, red where it is below, even about 0.

    Args:
        gain: `{(slice, task): percent}` as in `number_map`.
        title: Text above the map.
        legend: Text beside the color bar.
    """
    rows, columns = (len(set(names)) for names in zip(*gain, strict=True))
    figure = Figure(figsize=(3.6 + _CELL_INCHES[0] * columns, 1.2 + _CELL_INCHES[1] * rows), layout="constrained")
    axes = figure.subplots()
    limit = max([1.0, *(abs(value) for value in gain.values() if value is not None and math.isfinite(value))])
    image = number_map(axes, gain, form="{:+.1f}%", cmap="RdBu", high=limit, fontsize=10)
    axes.set_xticks(np.arange(columns - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(rows - 1) + 0.5, minor=True)
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
