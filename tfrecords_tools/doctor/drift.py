"""What changes from day to day, and between training and evaluation."""

import dataclasses
from collections.abc import Iterator, Sequence

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
_ENOUGH = 200  # pairs of each split; of a query feature, requests


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
    (names, places), (_, held_places) = train.domain(feature), held.domain(feature)
    both = np.intersect1d(places[train.exists(feature)], held_places[held.exists(feature)])
    here, there = train.exists(feature) & np.isin(places, both), held.exists(feature) & np.isin(held_places, both)
    was, now = was & here, now & there
    yield from _presence(feature, train, held, _Shares.of(names, (places, here, was), (held_places, there, now)))
    if isinstance(before, Ragged) or isinstance(after, Ragged) or before.ndim > 1:
        return
    was, now = was & _once(feature, train), now & _once(feature, held)
    if min(was.sum(), now.sum()) < _ENOUGH:
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


def _once(feature: Feature, table: Table) -> np.ndarray:
    """`[pairs]` bool: of a query feature the first pair of each request, as one long list would outweigh all others."""
    owner = table.requests.owner
    return np.diff(owner, prepend=-1) != 0 if feature.side == "query" else np.full(len(owner), True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Shares:
    """How often a feature is present, domain by domain, so that a domain which comes or grows is no change of it.

    Attributes:
        gap: Difference between the splits, each domain weighing as many pairs as it has in both.
        name: The domain with the largest part in it.
        before: Share in the split train.
        after: Share in the other split.
    """

    gap: float
    name: str
    before: float
    after: float

    @classmethod
    def of(cls, names: Sequence[str], *splits: tuple[np.ndarray, np.ndarray, np.ndarray]) -> "_Shares | None":
        """Of each split: `[pairs]` domains, where the feature can be, where it is; None without a domain of both."""
        count = [np.bincount(places[here], minlength=len(names)) for places, here, _ in splits]
        there = [np.bincount(places[rows], minlength=len(names)) for places, _, rows in splits]
        weight = np.minimum(*count)
        if not weight.any():
            return None
        before, after = (hits / np.maximum(pairs, 1) for hits, pairs in zip(there, count, strict=True))
        parts = weight / weight.sum() * (after - before)
        most = int(np.argmax(np.abs(parts)))
        return cls(gap=abs(parts.sum()), name=names[most], before=float(before[most]), after=float(after[most]))


def _presence(feature: Feature, train: Table, held: Table, shares: _Shares | None) -> Iterator[Finding]:
    if shares is not None and shares.gap >= _PRESENCE:
        yield Finding(
            level=LOOK,
            about="drift",
            said=f"{feature.key} is present in {shares.before:.0%} of {train.split}'s pairs of {shares.name} and "
            f"{shares.after:.0%} of {held.split}'s",
            advice="a logging change: what is served tomorrow will look like the later days",
            weight=shares.gap,
        )


def _moved(before: np.ndarray, after: np.ndarray, was: np.ndarray, now: np.ndarray) -> float:
    old, new = before[was], after[now]
    if old.dtype == np.float32:
        edges = np.unique(np.quantile(old, np.linspace(0, 1, _BINS + 1)[1:-1]))
        return distance(np.searchsorted(edges, old), np.searchsorted(edges, new))
    code = codes(np.concatenate([old, new]))
    return distance(code[: len(old)], code[len(old) :])
