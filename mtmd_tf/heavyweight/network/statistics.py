"""What the data tells the heavyweight ranker before it learns: where numbers lie, how often events happen."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.schema import Schema

_SHRINKAGE = 20.0  # pairs of the whole that each slice's rate is mixed with


class Statistics(NamedTuple):
    """Of a sample of the days to learn from.

    Attributes:
        numbers: For each side, the present values of each continuous field.
        prior: `[slices, tasks]`, the log-odds of an event, given its parent's where it has one.
    """

    numbers: dict[str, list[np.ndarray]]
    prior: np.ndarray


def collect(batches: Iterable[Batch], *, schema: Schema) -> Statistics:
    """Reads the batches once; they must hold cross features where the schema has some."""
    fields = {side: len(SideLayout(side, schema).of_kind("continuous")) for side in ("query", "item", "cross")}
    seen: dict[str, list[list[np.ndarray]]] = {side: [[] for _ in range(count)] for side, count in fields.items()}
    shape = [len(schema.slices), len(schema.tasks)]
    happened, observed = np.zeros(shape), np.zeros(shape)
    for batch in batches:
        for side, columns in seen.items():
            for place, column in enumerate(columns):
                rows = getattr(batch, side)
                present = rows.mask.numpy()[:, place - len(columns)] > 0  # numbers are the last fields
                column.append(rows.numbers.numpy()[present, place])
        slice_index = batch.surface.numpy()[batch.request.numpy()] * len(schema.products) + batch.product.numpy()
        event = {task: column.numpy() for task, column in batch.event.items()}
        for place, task in enumerate(schema.tasks):
            known = possible(event, task=task.name, parent=task.parent)
            observed[:, place] += np.bincount(slice_index[known], minlength=shape[0])
            happened[:, place] += np.bincount(slice_index[known], weights=event[task.name][known], minlength=shape[0])
    numbers = {side: [np.concatenate(column) for column in columns] for side, columns in seen.items()}
    return Statistics(numbers=numbers, prior=_log_odds(happened, observed))


def possible(event: Mapping[str, np.ndarray], *, task: str, parent: str | None) -> np.ndarray:
    """`[pairs]` bool: the task's event was observed, and its parent's happened."""
    known = np.isfinite(event[task])
    return known if parent is None else known & (event[parent] == 1)


def _log_odds(happened: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Each slice's rate, mixed with the rate of all slices so that a rare slice says nothing wild."""
    overall = (happened.sum(axis=0) + 0.5) / (observed.sum(axis=0) + 1.0)
    rate = (happened + _SHRINKAGE * overall) / (observed + _SHRINKAGE)
    return np.log(rate / (1.0 - rate))
