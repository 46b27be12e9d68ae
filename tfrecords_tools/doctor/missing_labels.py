"""Labels that are missing altogether: on some days, in some slices, or in the split eval; and events of whole days."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, SERIOUS, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.printable import few

_NOT_YET = (
    "nothing of it is learned or measured there: leave these days out if events are still to come, or write 0 where it "
    "did not happen"
)
_ENDS = "training is stopped by its last days, which needs labels there: label them, or leave them out"


def examine(table: Table) -> Iterator[Finding]:
    """Task by task; a task without any label in the split train is said by `remarks`."""
    for task, label in table.requests.label.items():
        exists = np.array([table.schema.task_exists(*names, task) for names in table.schema.slices])[table.slices]
        given = np.isfinite(label)
        if exists.any() and not given.any() and table.split == "eval":
            yield Finding(
                level=SERIOUS,
                about="labels",
                said=f"eval has no label/{task}",
                advice="reports have nothing to compare with: label these days, or convert with an earlier --eval_from",
                weight=1.0,
            )
        if given.any():
            yield from _days(table, f"label/{task}", exists, given)
            yield from _slices(table, task, exists, given)
    for task, event in table.requests.event.items():
        exists = np.array([table.schema.task_exists(*names, task) for names in table.schema.slices])[table.slices]
        yield from _days(table, f"event/{task}", exists, event >= 0)


def _days(table: Table, key: str, exists: np.ndarray, given: np.ndarray) -> Iterator[Finding]:
    unit = table.unit[table.requests.owner]
    without = [
        day
        for index, day in enumerate(table.days)
        if (exists & (unit == index)).any() and not given[unit == index].any()
    ]
    if without:
        of_labels = key.startswith("label/")
        ends = of_labels and table.split == "train" and without[-1] == table.days[-1]
        advice = "nothing is learned or measured there: label them, or leave them out" if of_labels else _NOT_YET
        yield Finding(
            level=SERIOUS if ends else LOOK,
            about="labels" if of_labels else "events",
            said=f"{table.split} has no {key} on {len(without):,} of {len(table.days):,} days: {few(without)}",
            advice=_ENDS if ends else advice,
            weight=len(without) / len(table.days),
        )


def _slices(table: Table, task: str, exists: np.ndarray, given: np.ndarray) -> Iterator[Finding]:
    names = [f"{surface} x {product}" for surface, product in table.schema.slices]
    here = [name for index, name in enumerate(names) if (exists & (table.slices == index)).any()]
    without = [name for index, name in enumerate(names) if name in here and not given[table.slices == index].any()]
    if without:
        learned = table.split == "train"
        what = "what is predicted there is a guess from the other slices" if learned else "nothing is measured there"
        yield Finding(
            level=LOOK,
            about="labels",
            said=f"{table.split} has no label/{task} in {few(without)}",
            advice=f"{what}: label these pairs, or say in the schema where the task exists",
            weight=len(without) / len(here),
        )
