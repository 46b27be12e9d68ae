"""Trains what a table of the paper needs and measures it (paper section 3)."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs import adopted, ordering, own_models, results
from mtmd_tf.experiments.runs import run_queue as queue
from mtmd_tf.experiments.runs.pairs import training_pairs
from mtmd_tf.experiments.runs.plan import Arm, Order, Run, runs_of
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.table1 import floors
from mtmd_tf.experiments.tables import Table
from tfrecords_tools import structure
from tfrecords_tools.manifest import Manifest


def train_table(
    table: Table,
    order: Order,
    *,
    data: pathlib.Path,
    runs: pathlib.Path,
    folder: pathlib.Path,
    workers: int = 1,
    quick: bool = False,
    one: pathlib.Path | None = None,
    floor: bool = False,
    noise: pathlib.Path | None = None,
) -> list[Record]:
    """Trains what is missing; leaves the records of the runs and the measured table in a folder of results.

    Args:
        table: Table, one of `TABLES`.
        order: What the table is asked for.
        data: Folder of the labeled data set.
        runs: The runs' folders are made in it.
        folder: Folder of the results.
        workers: Number of trainings in parallel.
        quick: Whether `ordering.quick` makes the trainings small.
        one: Folder of a finished run that is the first arm's.
        floor: Whether a joint model shows what no two towers could reach.
        noise: The same data labeled by another ranker, which shows what of a label is chance.

    Returns:
        The record of each run.

    Raises:
        ConfigError: No slice has labels for a model of its own, a run failed, or the finished runs do not fit together.
    """
    arms, pairs = table.arms(order), training_pairs(Manifest.load(data))
    below: Sequence[Arm] = [floors.arm(order)] if floor else []
    if quick:
        arms, below = (ordering.quick(each, pairs=pairs[""]) for each in (arms, below))

    def command(run: Run, folder: pathlib.Path) -> list[str]:
        return [*queue.training_command(data, run, folder), *table.flags]

    arms, left = own_models.with_labels(arms, data=data, runs=runs)
    for line in left.values():
        print(f"note: {line}; the table leaves it out.", flush=True)
    if any(not seed for each in arms for seed in each.runs):
        raise ConfigError(
            f"no slice of {data} has a model of its own: {own_models.first_reason(left)}; train one model with "
            "train.py."
        )
    todo = (*runs_of(arms), *runs_of(below))
    if one:
        from mtmd_tf.training.runs import labels_of

        [[run], *_] = arms[0].runs
        adopted.adopt(one, run, labels=labels_of(one), folder=runs)
    print(ordering.announcement(todo, folder=runs, pairs=pairs, workers=workers), flush=True)
    records = queue.train_all(todo, folder=runs, command=command, pairs=pairs, leaves=table.leaves, workers=workers)
    measured = table.measure(arms, folder=runs, **({"left_out": left} if left else {}))
    if floor or noise:
        names = tuple(run.name for run in runs_of(below))
        measured = dataclasses.replace(measured, floor=names, noise=_noise(data, noise) if noise else ())
    if removed := results.save_records(records, folder):
        print(
            f"{folder} held the records of {len(removed)} runs of another order, such as {removed[0]}: removed. "
            "What people wrote in its metadata.json stays; see whether it still holds."
        )
    structure.save(folder / table.file_name, measured)
    return records


def _noise(data: pathlib.Path, other: pathlib.Path) -> tuple[dict[str, Any], ...]:
    from mtmd_tf.features.reading import DataSet  # TensorFlow takes seconds
    from mtmd_tf.heavyweight.labels.disagreement import disagreement

    return floors.noise_of(disagreement(DataSet.open(data), DataSet.open(other)))
