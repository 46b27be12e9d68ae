"""How far two rankers' labels of the same pairs are apart: what no model of one's labels can know (docs/adr/0027)."""

import numpy as np

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.side_by_side import require_days, side_by_side
from mtmd_tf.metrics import Cube, Row
from tfrecords_tools.requests import DataError

_MEND = "both must be labels of the same data"


def disagreement(data: DataSet, other: DataSet, *, split: str = "eval") -> tuple[Row, ...]:
    """LogMAE and KL of `other`'s labels from those of `data`, slice by slice and task by task.

    Args:
        data: Labeled by one ranker.
        other: The same requests, labeled by another, such as one of another seed.
        split: The split to read.

    Raises:
        DataError: `other` has other requests, or none of its tasks.
    """
    schema = data.schema
    cube = Cube(surfaces=schema.surfaces, products=schema.products, tasks=schema.task_names, exists=schema.task_exists)
    if data.requests(split) != other.requests(split):
        raise DataError(
            f"{other.folder}, split {split}: {other.requests(split):,} requests, those of {data.folder} are "
            f"{data.requests(split):,}; {_MEND}"
        )
    for one, two in ((data, other), (other, data)):
        require_days(one, two, split, mend=_MEND)
    for batch, copy in side_by_side(data, other, split, mend=_MEND):
        mine, theirs = (
            {task: label.numpy().astype(np.float64) for task, label in b.label.items()} for b in (batch, copy)
        )
        both = {task: label for task, label in mine.items() if task in theirs}
        with np.errstate(divide="ignore"):  # a label of 0 or 1 is clipped by LogMAE, and infinitely far by KL
            cube.update(
                surface=batch.surface.numpy()[batch.request.numpy()],
                product=batch.product.numpy(),
                log_probability={task: np.log(_known(theirs[task])) for task in both},
                log_complement={task: np.log1p(-_known(theirs[task])) for task in both},
                label={task: np.where(np.isnan(theirs[task]), np.nan, label) for task, label in both.items()},
            )
    return tuple(cube.rows())


def _known(label: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(label), 0.5, label)
