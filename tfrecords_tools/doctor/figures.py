"""Pictures of a diagnosis: features that tell events alone, events by day, labels against events."""

import io
from collections.abc import Iterator

from matplotlib.figure import Figure  # without pyplot: no global state, no display

from tfrecords_tools.doctor.examine import Diagnosis

_FEATURES = 20
_BLUE, _RED, _GRAY = "#2f6fb3", "#c0392b", "#8a8f98"


def draw(diagnosis: Diagnosis) -> Iterator[tuple[str, bytes]]:
    """`(title, PNG)` of each picture that there is something to draw in."""
    if diagnosis.aucs:
        yield "How well one feature alone tells an event", _png(_alone(diagnosis))
    if any(len(by_day) > 1 for by_day in diagnosis.rates.values()):
        yield "Events over time", _png(_by_day(diagnosis))
    if diagnosis.calibrations:
        yield "Labels against events, slice by slice", _png(_calibration(diagnosis))


def _alone(diagnosis: Diagnosis) -> Figure:
    best = diagnosis.aucs[:_FEATURES]
    figure = Figure(figsize=(7.5, 1.2 + 0.28 * len(best)), layout="constrained")
    axes = figure.subplots()
    colors = [_RED if each.auc >= 0.95 else _BLUE for each in best]
    axes.barh(range(len(best)), [each.auc - 0.5 for each in best], left=0.5, color=colors)
    axes.set_yticks(range(len(best)), [f"{each.feature} -> {each.task}" for each in best], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0.5, 1.0)
    axes.axvline(0.95, color=_GRAY, linewidth=0.8, linestyle=":")
    axes.set_xlabel("AUC (0.5 tells nothing; from the line on it is likely a leak)")
    return figure


def _by_day(diagnosis: Diagnosis) -> Figure:
    days = sorted({day for by_day in diagnosis.rates.values() for day in by_day})
    figure = Figure(figsize=(8.0, 2.2 * len(diagnosis.rates)), layout="constrained")
    grid = figure.subplots(len(diagnosis.rates), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (task, by_day) in zip(grid, diagnosis.rates.items(), strict=True):
        axes.plot([days.index(day) for day in by_day], [rate for rate, _ in by_day.values()], marker="o", color=_BLUE)
        axes.set_ylim(bottom=0.0)
        axes.set_title(f"event/{task}, share of pairs", fontsize=9)
    step = -(-len(days) // 10)
    grid[-1].set_xticks(range(0, len(days), step), days[::step], rotation=30, ha="right", fontsize=8)
    return figure


def _calibration(diagnosis: Diagnosis) -> Figure:
    figure = Figure(figsize=(5.0, 5.0), layout="constrained")
    axes = figure.subplots()
    ends = [1.0, 0.0]
    for task in dict.fromkeys(each.task for each in diagnosis.calibrations):
        here = [each for each in diagnosis.calibrations if each.task == task]
        label, event = [each.label for each in here], [each.event for each in here]
        axes.errorbar(label, event, yerr=[2 * each.error for each in here], fmt="o", markersize=4, label=task)
        ends = [min(ends[0], *label, *event), max(ends[1], *label, *event)]
    axes.plot(ends, ends, color=_GRAY, linewidth=0.8)
    axes.set_xlabel("mean label")
    axes.set_ylabel("mean event, two standard errors")
    axes.legend(fontsize=8)
    return figure


def _png(figure: Figure) -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=120, metadata={"Software": None})
    return written.getvalue()
