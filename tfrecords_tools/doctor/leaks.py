"""Features that tell an event or a label by themselves: they hold what happened after the ad was shown."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.measures import auc, codes, rank_correlation, rates
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature

_SURE, _LIKELY = 0.99, 0.95
_ENOUGH = 20  # positives, and negatives
_LEAST = 1e-6


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
        scored.append(_against(_by_tokens(values, positive, half=half, known=with_value), positive, with_value))
    elif feature.kind == "dense":
        scored.append(_against(_by_numbers(values, positive, half=half, known=with_value), positive, with_value))
    elif feature.kind == "continuous":
        scored.append(_against(values, positive, with_value))
    elif feature.kind == "categorical" and with_value.any():
        code = codes(values)
        told = np.zeros(len(code))
        told[with_value] = rates(code[with_value], positive[with_value], half=half[with_value])
        scored.append(_against(told, positive, with_value))
    by = ("being present", *(("its length", "a token") if feature.kind == "ragged" else ("its value",)))
    best = [(score, why) for score, why in zip(scored, by, strict=False) if score is not None]
    return max(best) if best else None


def _by_tokens(values: Ragged, positive: np.ndarray, *, half: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`[rows]`: of a list's tokens, the log odds, in the other half of the rows, that are farthest from average."""
    owner = np.repeat(np.arange(len(known)), values.lengths)
    taken = known[owner]
    told = np.zeros(len(known))
    if taken.any():
        owner, code = owner[taken], codes(values.values[taken])
        overall = positive[owner].mean()
        rate = np.clip(rates(code, positive[owner], half=half[owner]), _LEAST, 1 - _LEAST)
        odds = np.log(rate / (1 - rate)) - np.log(max(overall, _LEAST) / max(1 - overall, _LEAST))
        order = np.argsort(np.abs(odds), kind="stable")  # the last one that is written is the farthest
        told[owner[order]] = odds[order]
    return told


def _by_numbers(values: np.ndarray, positive: np.ndarray, *, half: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`[rows]`: each vector along the direction that tells the other half's positives, by its means and variances."""
    told = np.zeros(len(known))
    wide = values.astype(np.float64)
    for mine in (half, ~half):
        hits, others = (wide[known & ~mine & of] for of in (positive, ~positive))
        if len(hits) and len(others):
            gap = hits.mean(axis=0) - others.mean(axis=0)
            within = (hits.var(axis=0) * len(hits) + others.var(axis=0) * len(others)) / (len(hits) + len(others))
            floor = _LEAST * (within + gap**2)
            told[mine] = wide[mine] @ np.divide(gap, within + floor, out=np.zeros_like(gap), where=within + floor > 0)
    return told


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
        if feature.kind not in ("continuous", "dense"):
            continue
        values, present = table.column(feature)
        for task, label in table.requests.label.items():
            rows = present & np.isfinite(label)
            if rows.sum() >= 2 * _ENOUGH:
                correlation = rank_correlation(_likest(values[rows], label[rows]), label[rows])
                if abs(correlation) >= _SURE:
                    yield Finding(
                        level=SERIOUS,
                        about="leaks",
                        said=f"{feature.key} orders pairs as label/{task} does: rank correlation {correlation:.3f}",
                        advice="it is the heavyweight ranker's own score or made of it: drop it",
                        weight=abs(correlation),
                    )


def _likest(values: np.ndarray, label: np.ndarray) -> np.ndarray:
    """`[rows]`: of vectors `[rows, size]`, the coordinate that follows `[rows]` labels most; numbers as they are."""
    if values.ndim == 1:
        return values
    wide = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    spread = np.sqrt((wide**2).mean(axis=0))
    along = np.abs((wide * (label - label.mean())[:, None]).mean(axis=0))
    return values[:, np.argmax(np.divide(along, spread, out=np.zeros_like(along), where=spread > 0))]
