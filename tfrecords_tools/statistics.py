"""Streaming counts, presence shares and value statistics of one split, for the manifest."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfrecords_tools.events import without_parent
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema


class Moments:
    """Count, mean, standard deviation, least and greatest of numbers, merged batch by batch (Chan's update)."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.least, self.greatest = math.inf, -math.inf

    @classmethod
    def of(cls, values: np.ndarray) -> "Moments":
        """Moments of finite values `[rows]`."""
        moments = cls()
        if values.size:
            values = values.astype(np.float64)
            moments.count, moments.mean = values.size, float(values.mean())
            moments.squares = float(((values - moments.mean) ** 2).sum())
            moments.least, moments.greatest = float(values.min()), float(values.max())
        return moments

    def merge(self, new: "Moments") -> None:
        """Takes in the moments of other numbers."""
        if new.count == 0:
            return
        total = self.count + new.count
        self.squares += new.squares + (new.mean - self.mean) ** 2 * self.count * new.count / total
        self.mean += (new.mean - self.mean) * new.count / total
        self.count = total
        self.least, self.greatest = min(self.least, new.least), max(self.greatest, new.greatest)

    def to_dict(self) -> dict[str, Any]:
        """`present` values; the others are null where there is none."""
        if self.count == 0:
            return {"mean": None, "std": None, "min": None, "max": None, "present": 0}
        std = math.sqrt(self.squares / self.count)
        return {"mean": self.mean, "std": std, "min": self.least, "max": self.greatest, "present": self.count}


_COUNTS = ("labeled", "label_sum", "events", "positives", "above_parent", "without_parent", "repaired", "lowered_sum")
_RARE = _COUNTS[4:7]  # only where there are some


class SplitStatistics:
    """What the manifest says about one split, taken in block by block.

    Args:
        schema: The data set's schema.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.requests = self.pairs = 0
        slices = len(schema.slices)
        self._slice_requests, self._slice_pairs = np.zeros(slices, np.int64), np.zeros(slices, np.int64)
        self._tasks = {task: np.zeros((len(_COUNTS), slices)) for task in schema.task_names}
        self._rows = {side: np.zeros(len(schema.domains_of(side)), np.int64) for side in ("query", "item")}
        self._present = {
            side: np.zeros((len(schema.domains_of(side)), len(schema.features_of(side))), np.int64)
            for side in ("query", "item")
        }
        self._moments = {feature.key: Moments() for feature in schema.features if feature.dtype == "float"}

    @classmethod
    def of(
        cls, schema: Schema, requests: Requests, *, repaired: Mapping[str, np.ndarray] | None = None
    ) -> "SplitStatistics":
        """Counts of checked requests of one split; `repaired`, `{task: [pairs]}`, is from `events.repair_events`."""
        counts = cls(schema)
        counts._count(requests, repaired or {})
        return counts

    def add(self, requests: Requests) -> None:
        """Takes in checked requests of this split."""
        self.merge(SplitStatistics.of(self._schema, requests))

    def merge(self, new: "SplitStatistics") -> None:
        """Takes in the counts of other requests; blocks merged in their order count as if added one by one."""
        self.requests += new.requests
        self.pairs += new.pairs
        self._slice_requests += new._slice_requests
        self._slice_pairs += new._slice_pairs
        for ours, theirs in ((self._tasks, new._tasks), (self._rows, new._rows), (self._present, new._present)):
            for name, counts in ours.items():
                counts += theirs[name]
        for key, moments in self._moments.items():
            moments.merge(new._moments[key])

    def __getstate__(self) -> dict[str, Any]:
        """Pickled without the schema, whose vocabularies may be large: the counts can still be merged."""
        return {**self.__dict__, "_schema": None}

    def _count(self, requests: Requests, repaired: Mapping[str, np.ndarray]) -> None:
        count, slices, products = len(requests.request_id), len(self._schema.slices), len(self._schema.products)
        owner = requests.owner
        where = requests.surface[owner] * products + requests.product
        self.requests, self.pairs = count, len(owner)
        self._slice_pairs += np.bincount(where, minlength=slices)
        seen = np.unique(owner * slices + where) % slices
        self._slice_requests += np.bincount(seen, minlength=slices)
        self._count_tasks(requests, where, repaired)
        for side, domain, mask in (
            ("query", requests.surface, requests.query_mask),
            ("item", requests.product, requests.item_mask),
        ):
            self._rows[side] += np.bincount(domain, minlength=len(self._rows[side]))
            for index in range(len(self._rows[side])):
                self._present[side][index] += mask[domain == index].sum(axis=0)
        for side in ("query", "item", "cross"):
            for bit, feature in enumerate(self._schema.features_of(side)):
                if feature.dtype == "float":
                    mask = getattr(requests, f"{side}_mask")[:, bit]
                    self._moments[feature.key] = Moments.of(getattr(requests, side)[feature.name][mask])

    def _count_tasks(self, requests: Requests, where: np.ndarray, repaired: Mapping[str, np.ndarray]) -> None:
        orphans, lowered = without_parent(self._schema, requests), _lowered(self._schema, requests.label)
        for task, sums in self._tasks.items():
            slices = sums.shape[1]
            if task in requests.label:
                label = requests.label[task]
                given = ~np.isnan(label)
                sums[0] += np.bincount(where[given], minlength=slices)
                for row, values in ((1, label), (7, lowered[task])):
                    sums[row] += np.bincount(where[given], values[given].astype(np.float64), minlength=slices)
                parent = self._schema.task(task).parent
                if parent in requests.label:
                    sums[4] += np.bincount(where[label > requests.label[parent]], minlength=slices)
            if task in requests.event:
                event = requests.event[task]
                sums[2] += np.bincount(where[event >= 0], minlength=slices)
                sums[3] += np.bincount(where[event == 1], minlength=slices)
            for row, here in ((5, orphans.get(task)), (6, repaired.get(task))):
                if here is not None:
                    sums[row] += np.bincount(where[here], minlength=slices)

    def to_dict(self) -> dict[str, Any]:
        """The split's `requests`, `pairs`, `slices` and `presence`."""
        slices: dict[str, Any] = {surface: {} for surface in self._schema.surfaces}
        for index, (surface, product) in enumerate(self._schema.slices):
            slices[surface][product] = {
                "requests": int(self._slice_requests[index]),
                "pairs": int(self._slice_pairs[index]),
                "tasks": {
                    task.name: _task_dict(self._tasks[task.name][:, index])
                    for task in self._schema.tasks
                    if task.exists_in(surface=surface, product=product)
                },
            }
        presence = {side: self._presence(side) for side in ("query", "item")}
        return {"requests": self.requests, "pairs": self.pairs, "slices": slices, "presence": presence}

    def _presence(self, side: str) -> dict[str, dict[str, float]]:
        """Of the rows of each domain, the share that has each feature that can exist there."""
        return {
            domain: {
                feature.name: float(self._present[side][row, bit] / max(self._rows[side][row], 1))
                for bit, feature in enumerate(self._schema.features_of(side))
                if feature in self._schema.features_of(side, domain=domain)
            }
            for row, domain in enumerate(self._schema.domains_of(side))
        }

    def statistics(self) -> dict[str, dict[str, Any]]:
        """`mean`, `std`, `min`, `max` and `present` of each numeric feature's present values, by key."""
        return {key: moments.to_dict() for key, moments in self._moments.items()}


def _lowered(schema: Schema, label: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`{task: [pairs]}`: labels as readers take them, none above its parent's of the same pair."""
    lowered: dict[str, np.ndarray] = {}
    for task in schema.tasks:
        if task.name in label:
            own, parent = label[task.name], lowered.get(task.parent or "")
            lowered[task.name] = own if parent is None else np.where(own > parent, parent, own)
    return lowered


def _task_dict(sums: np.ndarray) -> dict[str, Any]:
    named = dict(zip(_COUNTS, sums.tolist(), strict=True))
    mean = named["label_sum"] / named["labeled"] if named["labeled"] else None
    counts = {"labeled": int(named["labeled"]), "label_mean": mean}
    if named["lowered_sum"] != named["label_sum"]:
        counts["lowered_mean"] = named["lowered_sum"] / named["labeled"]
    counts |= {name: int(named[name]) for name in ("events", "positives")}
    return counts | {name: int(named[name]) for name in _RARE if named[name]}
