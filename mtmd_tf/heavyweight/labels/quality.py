"""How good labels are: against the events that followed, the truth where it is known, and each other (section 2.3)."""

import dataclasses

import numpy as np

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.certainty import EventSums, significantly_off
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality
from mtmd_tf.heavyweight.labels.sizes import SizeSums
from mtmd_tf.heavyweight.labels.truth import Truth
from mtmd_tf.metrics import ALL, Cube, Row
from tfrecords_tools.schema import Schema

_CLIP = 1e-7


def measure_labels(data: DataSet, *, split: str, truth: Truth | None = None, batch_requests: int = 4096) -> Quality:
    """Compares every label of a split with the event beside it; pairs without an event are left out of the cube.

    Raises:
        DataError: The truth is of other requests.
    """
    schema = data.schema
    against_events, against_truth = _cube(schema), _cube(schema)
    sums = {task: EventSums(surfaces=len(schema.surfaces), products=len(schema.products)) for task in schema.task_names}
    sizes = SizeSums(schema.task_names)
    for batch in data.batches(split, batch_requests=data.manifest.at_once(batch_requests)):
        label = {task: column.numpy().astype(np.float64) for task, column in batch.label.items()}
        event = {
            task: np.where(np.isfinite(label[task]), column.numpy(), np.nan)
            for task, column in batch.event.items()
            if task in label
        }
        events = {task: np.nan_to_num(column, nan=-1.0).astype(np.int64) for task, column in event.items()}
        _add(against_events, batch, label, {"label": event, "event": events})
        for task, happened in events.items():
            known = happened >= 0
            sums[task].update(
                surface=batch.surface.numpy(),
                request=batch.request.numpy()[known],
                product=batch.product.numpy()[known],
                label=label[task][known],
                event=happened[known],
            )
            sizes.update(task, label=label[task][known], event=happened[known])
        if truth is not None:
            true = {task: np.where(np.isfinite(label[task]), p, np.nan) for task, p in truth.of(batch).items()}
            _add(against_truth, batch, label, {"label": true})
    return Quality(
        split=split,
        rows=tuple(_with_interval(row, sums[row.task], schema) for row in against_events.rows()),
        sizes=sizes.rows(),
        truth=() if truth is None else tuple(against_truth.rows()),
        above_parent=sum(data.manifest.above_parent(split).values()),
    )


def _cube(schema: Schema) -> Cube:
    return Cube(surfaces=schema.surfaces, products=schema.products, tasks=schema.task_names, exists=schema.task_exists)


def _add(cube: Cube, batch: Batch, label: dict[str, np.ndarray], reference: dict[str, dict[str, np.ndarray]]) -> None:
    """Takes the labels of a batch for predictions of the reference."""
    certain = {task: np.clip(np.nan_to_num(column, nan=0.5), _CLIP, 1.0 - _CLIP) for task, column in label.items()}
    cube.update(
        surface=batch.surface.numpy()[batch.request.numpy()],
        product=batch.product.numpy(),
        log_probability={task: np.log(column) for task, column in certain.items()},
        log_complement={task: np.log1p(-column) for task, column in certain.items()},
        **reference,
    )


def _with_interval(row: Row, sums: EventSums, schema: Schema) -> LabelRow:
    low, high = sums.interval(
        surfaces=[place for place, name in enumerate(schema.surfaces) if row.surface in (name, ALL)],
        product=None if row.product == ALL else schema.products.index(row.product),
    )
    return LabelRow(
        **dataclasses.asdict(row),
        calibration_low=low,
        calibration_high=high,
        miscalibrated=significantly_off(low, high),
    )
