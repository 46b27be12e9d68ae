"""Features that tell an event or a label by themselves: they hold what happened after the ad was shown."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.measures import auc, codes, rank_correlation, rates
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.schema import Feature

_SURE, _LIKELY = 0.99, 0.95
_ENOUGH = 20  # positives, and negatives


class Alone(NamedTuple):
    """How well one feature alone tells one event, 0.5 to 1; `by` says what of it does."""

    feature: str
    task: str
    auc: float
    by: str


def every_auc(table: Table) -> list[Alone]:
    """Each feature against each event, where there are enough of both kinds; the best first."""
    found = []
    half = table.requests.owner % 2 == 0
    for feature in table.schema.features:
        values, present = table.column(feature)
        for task, event in table.requests.event.items():
            known = (event >= 0) & table.exists(feature)
            parent = table.schema.task(task).parent
            if parent in table.requests.event:  # a child follows from its parent, which is no news
                known &= table.requests.event[parent] == 1
            best = _best(feature, values, present, event == 1, known, half)
            if best:
                found.append(Alone(feature.key, task, *best))
    return sorted(found, key=lambda each: -each.auc)


def _best(feature: Feature, values, present, positive, known, half) -> tuple[float, str] | None:
    scored = [_against(present.astype(float), positive, known)]
    with_value = known & present
    if feature.kind == "ragged":
        scored.append(_against(values.lengths.astype(float), positive, with_value))
    elif feature.kind == "continuous":
        scored.append(_against(values, positive, with_value))
    elif feature.kind == "categorical" and with_value.any():
        code = codes(values)
        told = np.zeros(len(code))
        told[with_value] = rates(code[with_value], positive[with_value], half=half[with_value])
        scored.append(_against(told, positive, with_value))
    by = ("being present", "its length" if feature.kind == "ragged" else "its value")
    best = [(score, why) for score, why in zip(scored, by, strict=False) if score is not None]
    return max(best) if best else None


def _against(score: np.ndarray, positive: np.ndarray, rows: np.ndarray) -> float | None:
    hits = int(positive[rows].sum())
    if hits < _ENOUGH or rows.sum() - hits < _ENOUGH:
        return None
    found = auc(score[rows], positive[rows])
    return max(found, 1 - found)


def examine(table: Table, aucs: list[Alone]) -> Iterator[Finding]:
    """Against events by AUC, against labels by rank correlation."""
    for each in aucs:
        if each.auc >= _LIKELY:
            yield Finding(
                level=SERIOUS if each.auc >= _SURE else LOOK,
                about="leaks",
                said=f"{each.feature} alone tells event/{each.task}: AUC {each.auc:.3f} by {each.by}",
                advice="it probably holds what happened after the ad was shown: take it as it was before, or drop it",
                weight=each.auc,
            )
    for feature in table.schema.features:
        if feature.kind != "continuous":
            continue
        values, present = table.column(feature)
        for task, label in table.requests.label.items():
            rows = present & np.isfinite(label)
            if rows.sum() >= 2 * _ENOUGH:
                correlation = rank_correlation(values[rows], label[rows])
                if abs(correlation) >= _SURE:
                    yield Finding(
                        level=SERIOUS,
                        about="leaks",
                        said=f"{feature.key} orders pairs as label/{task} does: rank correlation {correlation:.3f}",
                        advice="it is the heavyweight ranker's own score or made of it: drop it",
                        weight=abs(correlation),
                    )
