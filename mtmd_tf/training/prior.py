"""Where each logit starts: at the mean of the training labels (paper section 2.3)."""

import math
from collections.abc import Collection

from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

_RAREST = 1e-4


def prior_logits(
    manifest: Manifest, schema: Schema, *, constrained: bool, surfaces: Collection[str] | None = None
) -> dict[str, dict[str, float]]:
    """`{product: {task: logit}}` of the mean label over the surfaces; a task without labels is left out.

    Args:
        manifest: Its split `train` is counted.
        schema: The data set's.
        constrained: Whether a child's logit is conditional on its parent, so that the means are divided.
        surfaces: None for all.
    """
    everywhere = manifest.splits["train"]["slices"]
    slices = {s: cells for s, cells in everywhere.items() if surfaces is None or s in surfaces}

    def mean(product: str, task: str) -> float | None:
        cells = [slices[surface][product]["tasks"].get(task) for surface in slices if product in slices[surface]]
        cells = [cell for cell in cells if cell and cell["labelled"]]
        labelled = sum(cell["labelled"] for cell in cells)
        return sum(cell["label_mean"] * cell["labelled"] for cell in cells) / labelled if labelled else None

    logits: dict[str, dict[str, float]] = {product: {} for product in schema.products}
    for product in schema.products:
        for task in schema.tasks:
            own = mean(product, task.name)
            given = mean(product, task.parent) if task.parent and constrained else 1.0
            if own and given:
                share = min(max(own / given, _RAREST), 1.0 - _RAREST)
                logits[product][task.name] = math.log(share / (1.0 - share))
    return logits
