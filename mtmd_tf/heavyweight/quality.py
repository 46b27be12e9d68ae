"""How good labels are: against the events that followed, and against each other (paper section 2.3)."""

import dataclasses

import numpy as np

from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import Cube, Row

_CLIP = 1e-7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """The labels of one split.

    Attributes:
        split: Its name.
        rows: The cube of labels as predictions of the events: `auc`, `bce`, and `calibration` as label over event.
        above_parent: Labels above their parent's.
    """

    split: str
    rows: tuple[Row, ...]
    above_parent: int


def measure_labels(data: DataSet, *, split: str, batch_requests: int = 4096) -> Quality:
    """Compares every label of a split with the event beside it; pairs without an event are left out of the cube."""
    schema = data.schema

    def exists(surface: str, product: str, task: str) -> bool:
        return schema.task(task).exists_in(surface=surface, product=product)

    cube = Cube(surfaces=schema.surfaces, products=schema.products, tasks=schema.task_names, exists=exists)
    above_parent = 0
    for batch in data.batches(split, batch_requests=batch_requests):
        label = {task: column.numpy().astype(np.float64) for task, column in batch.label.items()}
        event = {task: column.numpy() for task, column in batch.event.items()}
        certain = {task: np.clip(np.nan_to_num(column, nan=0.5), _CLIP, 1.0 - _CLIP) for task, column in label.items()}
        event = {task: np.where(np.isfinite(label[task]), column, np.nan) for task, column in event.items()}
        cube.update(
            surface=batch.surface.numpy()[batch.request.numpy()],
            product=batch.product.numpy(),
            log_probability={task: np.log(column) for task, column in certain.items()},
            log_complement={task: np.log1p(-column) for task, column in certain.items()},
            label=event,
            event={task: np.nan_to_num(column, nan=-1.0).astype(np.int64) for task, column in event.items()},
        )
        for task in schema.tasks:
            if task.parent:
                above_parent += int((label[task.name] > label[task.parent]).sum())
    return Quality(split=split, rows=tuple(cube.rows()), above_parent=above_parent)
