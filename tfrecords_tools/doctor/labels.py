"""Labels that sit at 0 or 1, are one value in a slice, are off against its events, or do not order them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.measures import auc
from tfrecords_tools.doctor.table import Table

_AT_AN_END = 0.001  # of 0 or of 1
_MANY = 0.5
_OFF, _FAR_OFF = 1.1, 1.5  # label over event, or the other way round
_SURE = 4.0  # standard errors
_SEVERAL = 20  # labels, from which one value alone says something
_CLOSE = 0.02  # an AUC is known as well as that, at least, before it is said to be that of chance


class Calibration(NamedTuple):
    """Labels and events of one task in one slice, over pairs that have both."""

    task: str
    slice: str
    label: float
    event: float
    error: float  # one standard error of the mean event


def calibrations(table: Table) -> list[Calibration]:
    """Every slice with an event that happened."""
    found = []
    for task, label in table.requests.label.items():
        event = table.requests.event.get(task)
        if event is None:
            continue
        for index, (surface, product) in enumerate(table.schema.slices):
            rows = (table.slices == index) & np.isfinite(label) & (event >= 0)
            if rows.any() and event[rows].any():
                mean = float(event[rows].mean())
                error = float(np.sqrt(mean * (1 - mean) / rows.sum()))
                found.append(Calibration(task, f"{surface} x {product}", float(label[rows].mean()), mean, error))
    return found


def examine(table: Table, found: list[Calibration]) -> Iterator[Finding]:
    """Label by label, then slice by slice."""
    for task, label in table.requests.label.items():
        yield from _at_an_end(task, label[np.isfinite(label)])
        yield from _unordered(table, task, label)
        yield from _one_value(table, task, label)
    for each in found:
        off = max(each.label, 1e-12) / each.event
        if max(off, 1 / off) >= _OFF and abs(each.label - each.event) > _SURE * each.error:
            yield Finding(
                level=SERIOUS if max(off, 1 / off) >= _FAR_OFF else LOOK,
                about="labels",
                said=f"label/{each.task} in {each.slice}: mean {each.label:.4g}, its events {each.event:.4g}, "
                f"{off:.3g} times",
                advice="the model learns this error with the labels: calibrate the scores, or weigh the sample",
                weight=abs(float(np.log(off))),
            )


def _unordered(table: Table, task: str, label: np.ndarray) -> Iterator[Finding]:
    """Of `[pairs]`: labels of another pair than the events, or of what did not happen."""
    event = table.requests.event.get(task)
    if event is None:
        return
    areas, errors = [], []
    for index in range(len(table.schema.slices)):
        rows = (table.slices == index) & np.isfinite(label) & (event >= 0)
        hits = int(event[rows].sum())
        others = int(rows.sum()) - hits
        if hits and others and label[rows].min() < label[rows].max():
            areas.append(auc(label[rows], event[rows] == 1))
            errors.append((hits + others + 1) / (12 * hits * others))  # the variance, where labels tell nothing
    if not areas:
        return
    weight = 1 / np.array(errors)
    area, error = float(np.average(areas, weights=weight)), float(np.sqrt(1 / weight.sum()))
    if error <= _CLOSE and area < 0.5 + 2 * error:
        reverse = area < 0.5 - _SURE * error
        yield Finding(
            level=SERIOUS if reverse else LOOK,
            about="labels",
            said=f"label/{task} orders its events {'the wrong way round' if reverse else 'no better than chance'}: AUC "
            f"{area:.3f} within a slice",
            advice="are these the scores of other pairs, or of what did not happen? Join them by request and item",
            weight=1.0,
        )


def _one_value(table: Table, task: str, label: np.ndarray) -> Iterator[Finding]:
    """Of `[pairs]`: slices in which all labels are the same, as where a score was filled in."""
    labeled = np.isfinite(label)
    for index, (surface, product) in enumerate(table.schema.slices):
        own = label[labeled & (table.slices == index)]
        if len(own) >= _SEVERAL and own.min() == own.max():
            yield Finding(
                level=LOOK,
                about="labels",
                said=f"label/{task} is {own[0]:.4g} in all {len(own):,} pairs of {surface} x {product}",
                advice="a model learns this number alone there: check whether a default replaced the scores",
                weight=len(own) / max(int(labeled.sum()), 1),
            )


def _at_an_end(task: str, label: np.ndarray) -> Iterator[Finding]:
    """Of `[labels]`: one low value again and again, as scores of a rare task are low but differ; and any near 1."""
    if not len(label):
        return
    values, counts = np.unique(label[label <= _AT_AN_END], return_counts=True)
    low, high = float(counts.max(initial=0) / len(label)), float((label >= 1 - _AT_AN_END).mean())
    advice = "a label is a probability, not the user's action: put actions into event/, or look whether scores were cut"
    nothing = float((label == 0).mean())
    if nothing > _AT_AN_END and low <= _MANY:
        said = f"{nothing:.1%} of label/{task} are exactly 0, whose logarithm is infinite"
        yield Finding(level=LOOK, about="labels", said=said, advice=advice, weight=nothing)
    if low > _MANY:
        said = f"{low:.1%} of label/{task} are {values[counts.argmax()]:g}"
        yield Finding(level=LOOK, about="labels", said=said, advice=advice, weight=low)
    if high > _AT_AN_END:
        said, level = f"{high:.1%} of label/{task} are within {_AT_AN_END:g} of 1", LOOK if high < _MANY else SERIOUS
        yield Finding(level=level, about="labels", said=said, advice=advice, weight=high)
