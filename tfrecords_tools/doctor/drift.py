"""What changes from day to day, and between training and evaluation."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, Finding
from tfrecords_tools.doctor.measures import codes, distance
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature

_MOVED = 0.3  # of a standard deviation, or of the probability of a category
_PRESENCE = 0.2
_BINS = 20
_RATE, _SURE = 1.5, 4.0
_ENOUGH = 200  # pairs of each split


def rates_by_day(tables: list[Table]) -> dict[str, dict[str, tuple[float, int]]]:
    """`{task: {day: (share of pairs whose event happened, pairs)}}`."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for table in tables:
        unit = table.unit[table.requests.owner]
        for task, event in table.requests.event.items():
            pairs = np.bincount(unit[event >= 0], minlength=len(table.days)).tolist()
            happened = np.bincount(unit[event == 1], minlength=len(table.days)).tolist()
            for day, count, hits in zip(table.days, pairs, happened, strict=True):
                if count:
                    found.setdefault(task, {})[day] = hits / count, count
    return found


def examine(train: Table, held: Table, rates: dict[str, dict[str, tuple[float, int]]]) -> Iterator[Finding]:
    """Rates of events by day, then each feature between the splits."""
    for task, by_day in rates.items():
        usual = float(np.median([rate for rate, _ in by_day.values()]))
        off = {
            day: rate
            for day, (rate, pairs) in by_day.items()
            if abs(rate - usual) > _SURE * np.sqrt(max(usual * (1 - usual), 1e-12) / pairs)
            and (rate > _RATE * usual or usual > _RATE * rate)
        }
        if off:
            worst = max(off, key=lambda day: abs(off[day] - usual))
            yield Finding(
                level=LOOK,
                about="drift",
                said=f"event/{task} is {off[worst]:.2%} on {worst} and {usual:.2%} on the median day; {len(off)} days "
                "are as far off",
                advice="last days: events may still be missing, leave them out; others: look what the log did then",
                weight=len(off) / len(by_day),
            )
    if min(len(train.requests.owner), len(held.requests.owner)) >= _ENOUGH:
        for feature in train.schema.features:
            yield from _feature(feature, train, held)


def _feature(feature: Feature, train: Table, held: Table) -> Iterator[Finding]:
    (before, was), (after, now) = train.column(feature), held.column(feature)
    was, now = was & train.exists(feature), now & held.exists(feature)
    share = [rows.sum() / max(int(t.exists(feature).sum()), 1) for rows, t in ((was, train), (now, held))]
    if abs(share[0] - share[1]) >= _PRESENCE:
        yield Finding(
            level=LOOK,
            about="drift",
            said=f"{feature.key} is present in {share[0]:.0%} of {train.split}'s pairs and {share[1]:.0%} of "
            f"{held.split}'s",
            advice="a logging change: what is served tomorrow will look like the later days",
            weight=abs(float(share[0] - share[1])),
        )
    if (
        isinstance(before, Ragged)
        or isinstance(after, Ragged)
        or before.ndim > 1
        or min(was.sum(), now.sum()) < _ENOUGH
    ):
        return
    moved = _moved(before, after, was, now)
    if moved >= _MOVED:
        yield Finding(
            level=NOTE,
            about="drift",
            said=f"{feature.key}: {moved:.0%} of its values lie elsewhere in {held.split} than in {train.split}",
            advice="ids that come and go do so; for anything else look what changed",
            weight=moved,
        )


def _moved(before: np.ndarray, after: np.ndarray, was: np.ndarray, now: np.ndarray) -> float:
    old, new = before[was], after[now]
    if old.dtype == np.float32:
        edges = np.unique(np.quantile(old, np.linspace(0, 1, _BINS + 1)[1:-1]))
        return distance(np.searchsorted(edges, old), np.searchsorted(edges, new))
    code = codes(np.concatenate([old, new]))
    return distance(code[: len(old)], code[len(old) :])
