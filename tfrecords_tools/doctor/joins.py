"""Events and labels that one thing alone decides: those of all candidates of a request, or of all rows of an item."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.measures import codes
from tfrecords_tools.doctor.table import Table

_ALIKE = 0.9  # of the groups
_BY_CHANCE = 0.5
_ENOUGH = 20  # groups
_ADVICE = (
    "was it joined by the {what} alone? A model that ranks learns from what differs between the candidates of a "
    "request: join by request and item"
)


def examine(table: Table) -> Iterator[Finding]:
    """Over requests of several candidates, and items of several requests."""
    requests = table.requests
    groups = {"request": requests.owner, "item": codes(requests.item_id)}
    for task, event in requests.event.items():
        for what, group in groups.items():
            known = event >= 0
            happened, by_chance, of = _all_happened(group[known], event[known] == 1)
            if of >= _ENOUGH and happened >= _ALIKE * of and by_chance < _BY_CHANCE * of:
                rows = "candidates of a request" if what == "request" else "rows of an item"
                yield Finding(
                    level=SERIOUS,
                    about="joins",
                    said=f"event/{task} is 1 for all {rows} or for none: so in {happened:,} of {of:,} with one",
                    advice=_ADVICE.format(what=what),
                    weight=happened / of,
                )
    for task, label in requests.label.items():
        known = np.isfinite(label)
        same, of = _same(requests.owner[known], label[known])
        if of >= _ENOUGH and same >= _ALIKE * of and len(np.unique(label[known])) > 1:
            yield Finding(
                level=LOOK,
                about="joins",
                said=f"label/{task} is the same for all candidates in {same:,} of {of:,} requests with several",
                advice=_ADVICE.format(what="request"),
                weight=same / of,
            )


def _all_happened(group: np.ndarray, positive: np.ndarray) -> tuple[int, float, int]:
    """Groups of several rows that are all positive, as many by chance, and those with a positive, of `[rows]`."""
    if not positive.any():
        return 0, 0.0, 0
    rows, hits = np.bincount(group), np.bincount(group, weights=positive)
    with_one = (rows > 1) & (hits > 0)
    rate, several = positive.mean(), rows[with_one]
    by_chance = rate**several / (1 - (1 - rate) ** several)
    return int((hits[with_one] == several).sum()), float(by_chance.sum()), int(with_one.sum())


def _same(group: np.ndarray, values: np.ndarray) -> tuple[int, int]:
    """Groups of several rows that have one value, and groups of several rows; `[rows]`, a group's rows together."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    if not len(starts):
        return 0, 0
    several = np.diff(starts, append=len(group)) > 1
    spread = np.maximum.reduceat(values, starts) - np.minimum.reduceat(values, starts)
    return int((several & (spread == 0)).sum()), int(several.sum())
