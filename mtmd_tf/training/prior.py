"""Where each logit starts: at the mean of the training labels (paper section 2.3)."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema
from tfrecords_tools.task import Task

_RAREST = 1e-4  # where no label tells how rare it is
_LEAST = 1e-6  # of LogMAE too, which tells no rarer ones apart

_Slices = Mapping[str, Mapping[str, Any]]  # {surface: {product: counts}}, as a manifest has them


def prior_logits(
    manifest: Manifest, schema: Schema, *, constrained: bool, surfaces: Collection[str] | None = None
) -> dict[str, dict[str, float]]:
    """`{product: {task: logit}}` of the mean label over the surfaces, as the loss takes it: none above its parent's.

    A product without a label of a task starts at the task's mean over the products that have some; where these surfaces
    have none at all, over all surfaces. A mean of 0 is a mean and starts at 1e-4, as no label tells how rare
    the task is; any other mean starts where it is, from 1e-6 on. Left out are a task that
    does not exist for a product and one that has no label anywhere.

    Args:
        manifest: Manifest whose split `train` is counted.
        schema: Schema of the data set.
        constrained: Whether a child's logit is conditional on its parent, so that the means are divided.
        surfaces: None for all.
    """
    everywhere: _Slices = manifest.split("train")["slices"]
    here = {name: cells for name, cells in everywhere.items() if surfaces is None or name in surfaces}
    logits: dict[str, dict[str, float]] = {}
    for product in schema.products:
        logits[product] = {}
        for task in schema.tasks:
            if not any(schema.task_exists(surface, product, task.name) for surface in schema.surfaces):
                continue
            parent = task.parent if constrained else None
            shares = (
                _share(here, [product], task=task, parent=parent),
                _share(here, schema.products, task=task, parent=parent),
                _share(everywhere, schema.products, task=task, parent=parent),
            )
            share = next((share for share in shares if share is not None), None)
            if share is not None:
                logits[product][task.name] = _logit(_bounded(share))
    return logits


def _share(slices: _Slices, products: Sequence[str], *, task: Task, parent: str | None) -> float | None:
    """A task's mean over some slices, given its parent's over the same products; None: not a label of it there."""
    of_task = [product for product in products if _mean(slices, [product], task.name) is not None]
    own = _mean(slices, of_task, task.name)
    given = 1.0 if parent is None else _mean(slices, of_task, parent)
    if own is None or given is None:
        return None
    return own / given if given > 0.0 else 0.0


def _mean(slices: _Slices, products: Sequence[str], task: str) -> float | None:
    cells = [cells[product]["tasks"].get(task) for cells in slices.values() for product in products if product in cells]
    labeled_cells = [cell for cell in cells if cell is not None and cell["labeled"] > 0]
    counts = [(cell["labeled"], cell.get("lowered_mean", cell["label_mean"])) for cell in labeled_cells]
    labeled = sum(count for count, _ in counts)
    return sum(count * mean for count, mean in counts) / labeled if labeled else None


def _bounded(share: float) -> float:
    if share <= 0.0 or share >= 1.0:
        return _RAREST if share <= 0.0 else 1.0 - _RAREST
    return min(max(share, _LEAST), 1.0 - _LEAST)


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))
