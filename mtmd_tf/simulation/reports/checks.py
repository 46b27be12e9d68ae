"""The report of the statistics' own checks: A/A splits and planted changes on one simulated world."""

import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.reporting.figures import COLORS, GRAY, TITLE, color, panels, plain, save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import page
from mtmd_tf.simulation.statistics.change import Change
from mtmd_tf.simulation.statistics.checks import AgainstItself, Planted

REPORT = "checks.md"
WANTED = 0.90  # of the replays' intervals contain a planted change; 0.95 on average
_FIGURE = "figures/checks.png"

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def passed(itself: AgainstItself, planted: Planted) -> bool:
    """Whether A/A splits find nothing and at least 90% of the intervals contain the planted change."""
    return itself.passed and all(planted.covered(name) >= WANTED * len(planted.changes[name]) for name in planted.truth)


def write(folder: pathlib.Path, itself: AgainstItself, planted: Planted, *, arm: str) -> str:
    """Writes checks.md, checks.html and the figure into a simulation's folder.

    Args:
        folder: The simulation's folder.
        itself: What A/A splits found.
        planted: What planted changes found.
        arm: The world that was split.

    Returns:
        The text of checks.md.
    """
    (folder / "figures").mkdir(exist_ok=True)
    save_figure(_figure(itself, planted), folder / _FIGURE)
    good = passed(itself, planted)
    conclusion = "Nothing speaks against the intervals." if good else "**THE INTERVALS ARE NOT RIGHT on this world.**"
    alarms = f"Sample-ratio alarms: {itself.alarms} of {len(itself.sample_ratio)}; the chance of so many or more is"
    text = page(
        _PAGE,
        arm=literal(arm),
        conclusion=conclusion,
        splits=len(itself.sample_ratio),
        itself=[(name, p, itself.false_alarms[name]) for name, p in itself.uniform.items()],
        alarms=item(f"{alarms} {itself.alarms_p:.2g}."),
        planted=[
            (name, truth, np.mean([c.value for c in planted.changes[name]]), planted.covered(name))
            + (len(planted.changes[name]),)
            for name, truth in planted.truth.items()
        ],
        figure=_FIGURE,
    )
    write_report(text, folder / REPORT)
    return text


def _figure(itself: AgainstItself, planted: Planted) -> Figure:
    figure, (left, right) = panels(2)
    figure.set_size_inches(10.0, 4.2)
    for number, (name, p_values) in enumerate(itself.p_values.items()):
        expected = (np.arange(len(p_values)) + 0.5) / len(p_values)
        dashes = "-" if number < len(COLORS) else ":"
        left.plot(expected, np.sort(p_values), dashes, color=color(number), linewidth=1.2, label=name)
    left.plot([0.0, 1.0], [0.0, 1.0], color=GRAY, linestyle="--", linewidth=0.8)
    left.set_xlabel("uniform", fontsize=9)
    left.set_ylabel("p-values of A/A splits, sorted", fontsize=9)
    left.legend(fontsize=7, frameon=False, ncols=2)
    plain(left)
    _intervals(right, planted.changes["CTR"], truth=planted.truth["CTR"])
    figure.suptitle("A/A splits, and intervals around a planted change", **TITLE)
    return figure


def _intervals(axes: Axes, changes: Sequence[Change], *, truth: float) -> None:
    ordered = sorted(changes, key=lambda change: change.value)
    for place, change in enumerate(ordered):
        ink = COLORS[0] if change.holds(truth) else COLORS[5]
        axes.plot([100.0 * change.low, 100.0 * change.high], [place, place], color=ink, linewidth=1.0)
    axes.axvline(100.0 * truth, color="black", linewidth=0.8)
    axes.set_xlabel("change of CTR, %; the line is the planted one", fontsize=9)
    axes.set_yticks([])
    plain(axes)
