"""Which slices can have a model of their own: with labels to learn from, to stop early by and to measure on."""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from mtmd_tf.experiments.runs import record
from mtmd_tf.experiments.runs.plan import Arm, Run
from mtmd_tf.slices import covers
from tfrecords_tools.manifest import Manifest


def with_labels(
    arms: Sequence[Arm], *, data: pathlib.Path, runs: pathlib.Path
) -> tuple[tuple[Arm, ...], dict[str, str]]:
    """The arms without the runs of slices that no run could learn, which would end the whole table.

    Reads each such slice until it has found a label; finished runs are not asked again.

    Args:
        arms: Arms of a table.
        data: Folder of the labeled data set.
        runs: Folder that holds the runs' folders.

    Returns:
        The arms; and `{slice: line}` of each slice that is left out, of all seeds.
    """
    todo = [run for arm in arms for seed in arm.runs for run in seed]
    why = lacking([run for run in todo if not (runs / run.name / record.FILE_NAME).exists()], data=data)
    kept = tuple(
        dataclasses.replace(arm, runs=tuple(tuple(run for run in seed if run.slice not in why) for seed in arm.runs))
        for arm in arms
    )
    return kept, {name: line(name, lacks) for name, lacks in why.items()}


def lacking(runs: Iterable[Run], *, data: pathlib.Path) -> dict[str, str]:
    """`{slice: what it lacks}` of each slice that one of the runs could not learn; reads it until it finds a label.

    Args:
        runs: Runs to be trained; those of all slices are not asked.
        data: Folder of the labeled data set.
    """
    why: dict[str, str] = {}
    for run in runs:
        if run.slice and run.slice not in why and (lacks := _lacks(run, data)):
            why[run.slice] = lacks
    return why


def first_reason(why: Mapping[str, str]) -> str:
    """Why no slice has a model of its own, by the first of them; without a training pair there is none to ask."""
    return next(iter(why.values()), "the split train has no pair, so convert the logs with another --eval_from")


def line(name: str, lacks: str) -> str:
    """For people: `search x shop has no model of its own: no pair in the split eval`."""
    return f"{words(name)} has no model of its own: {lacks}"


def words(name: str) -> str:
    """A slice's name for people: `search x shop` of `search/shop`."""
    return name.replace("/", " x ")


def _lacks(run: Run, folder: pathlib.Path) -> str:
    """What keeps a run from being trained and measured; empty: nothing that can be known before."""
    manifest = Manifest.load(folder)
    days, held_out = manifest.days("train"), run.train.held_out_days
    if held_out >= len(days):
        return ""  # so of every slice: the run says what to do
    surface, _, product = run.slice.partition("/")
    cells = manifest.split("eval")["slices"]
    if not any(
        cell["pairs"]
        for name, of_surface in cells.items()
        for of, cell in of_surface.items()
        if covers((surface, product), surface=name, product=of)
    ):
        return "no pair in the split eval"

    from mtmd_tf.features.reading import DataSet  # TensorFlow takes seconds
    from mtmd_tf.training.targets import lacks_target

    whole = DataSet.open(folder, slice_name=run.slice)
    tasks = [task.name for task in run.model.task_configs(whole.schema)]
    sample = whole.sampled(run.train.sample_share, seed=run.train.seed)
    for data, part, what in (
        (sample, days[:-held_out], "to train on"),
        (whole, days[-held_out:], "held out to stop early by"),
    ):
        if lacks_target(data, part, tasks=tasks, config=run.train):
            share = f" in a sample of {run.train.sample_share:g}" if data is sample and sample.sample else ""
            return f"no pair with a label{share} on the days {what}, {part[0]} to {part[-1]}"
    return ""
