"""Figures of an experiment: a forest plot of each table, and the spend over the day (paper section 3.3)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.reporting.figures import COLORS, GRAY, TITLE, color, panels, plain
from mtmd_tf.simulation.statistics.tables import Cell

_OURS, _PAPER = COLORS[0], "#333333"
_MINUTES = 24 * 60


def forest(cells: Sequence[Cell], *, title: str) -> Figure:
    """A panel for each measure, a line for each row: the change with its interval, and the paper's as a diamond.

    What changed after Holm's correction is filled. A panel shows at least one percent to each side.
    """
    measures = list(dict.fromkeys(cell.measure for cell in cells))
    rows = list(dict.fromkeys(cell.row for cell in cells))
    figure, grid = panels(len(measures), across=3)
    figure.set_size_inches(11.0, 0.9 + len(grid) / 3.0 * (1.0 + 0.3 * len(rows)))
    for axes, measure in zip(grid, measures, strict=True):
        for cell in [cell for cell in cells if cell.measure == measure]:
            place = rows.index(cell.row)
            if cell.change:
                value, low, high = (100.0 * end for end in (cell.change.value, cell.change.low, cell.change.high))
                fill = _OURS if cell.significant else "white"
                reach = [[value - low], [high - value]]
                axes.errorbar(value, place, xerr=reach, fmt="o", color=_OURS, markerfacecolor=fill, capsize=3)
            if cell.paper is not None:
                axes.plot(100.0 * cell.paper, place, "D", color=_PAPER, markerfacecolor="none", markersize=6)
        axes.axvline(0.0, color="black", linewidth=0.8)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        low, high = axes.get_xlim()
        axes.set_xlim(min(low, -1.0), max(high, 1.0))
        axes.set_title(f"{measure}, %", fontsize=10)
        plain(axes)
    figure.suptitle(f"{title} (filled: changed after Holm; diamond: the paper)", **TITLE)
    return figure


def spend_over_the_day(ticks: pd.DataFrame, *, budgets: Mapping[str, float], days: int) -> Figure:
    """Spend by the hour and the share of the day's budget that is spent, mean of the days of the test.

    Args:
        ticks: Columns day, tick, arm and spend, US dollars.
        budgets: `{arm: budget of all these days}`, US dollars.
        days: Number of days.
    """
    figure, (rate, share) = panels(2)
    figure.set_size_inches(9.0, 3.4)
    count = int(ticks["tick"].max()) + 1
    hour = (np.arange(count) + 1) * _MINUTES / count / 60.0
    for number, (arm, budget) in enumerate(budgets.items()):
        mine = ticks[ticks["arm"] == arm].groupby("tick")["spend"].sum().reindex(range(count), fill_value=0.0)
        rate.plot(hour, mine / days / (24.0 / count), color=color(number), label=arm)
        share.plot(hour, 100.0 * mine.cumsum() / budget, color=color(number), label=arm)
    share.plot([0.0, 24.0], [0.0, 100.0], color=GRAY, linewidth=0.8, linestyle="--", label="even")
    rate.set_ylabel("spend, US dollars an hour", fontsize=9)
    share.set_ylabel("spent of the day's budget, %", fontsize=9)
    rate.set_ylim(bottom=0.0)
    for axes in (rate, share):
        axes.set_xlabel("hour", fontsize=9)
        axes.set_xlim(0.0, 24.0)
        axes.set_xticks(range(0, 25, 6))
        axes.legend(fontsize=8, frameon=False)
        plain(axes)
    figure.suptitle("Spend over the day", **TITLE)
    return figure
