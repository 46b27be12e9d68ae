"""Whether the days to train on and the days held out have something to learn from, found before the first step."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.slices import covers
from tfrecords_tools.partition import span

LABEL, EVENT = "label", "event"  # what a model learns from: a field of `Batch`
_COUNTED = {LABEL: "labeled", EVENT: "events"}  # of a slice and task of the manifest
_WORDS = {LABEL: "a label", EVENT: "an observed event"}
_AT_ONCE = 512  # requests


def require_apart(days: Collection[str], held_out_days: Collection[str]) -> None:
    """Refuses days on both sides, or none on one.

    Raises:
        ConfigError: It names the days, or how many there are.
    """
    both = sorted(set(days) & set(held_out_days))
    if both:
        raise ConfigError(f"days {both} are both trained on and held out; a day is one or the other.")
    if not days or not held_out_days:
        raise ConfigError(f"{len(days)} days to train on and {len(held_out_days)} held out; each needs at least one.")


def require_targets(
    data: DataSet,
    *,
    config: TrainConfig,
    days: Sequence[str],
    held_out_days: Sequence[str],
    tasks: Collection[str],
    column: str = LABEL,
) -> None:
    """Refuses data that a training could not learn from, or not stop early by.

    The manifest counts labels of the whole training split, not of its days: those are read until the first is found.

    Args:
        data: Data set whose split `train` would be read.
        config: Sample and weights of the training.
        days: Days to train on.
        held_out_days: Days to stop early by.
        tasks: Names of the tasks to learn.
        column: `LABEL` or `EVENT`.

    Raises:
        ConfigError: No `weight` column for `use_weights`, or one side has no request, or no pair with a label (and a
            weight above 0, where weights are used); it says what to do.
        DataError: As `DataSet.batches`.
    """
    if config.use_weights and "weight" not in data.manifest.columns:
        raise ConfigError(
            f"{data.folder} has no column `weight` for --use_weights to weigh pairs by; convert the logs again with "
            "one, or train without --use_weights."
        )
    wanted = _WORDS[column] + (" and, as --use_weights asks, a weight above 0" if config.use_weights else "")
    if not _counted(data, tasks, column):
        raise ConfigError(
            f"no pair of {source_of(data)} in the training split has {_WORDS[column]}; {_elsewhere(data)}."
        )
    reads: dict[str, Any] = {"tasks": tasks, "config": config, "column": column}
    sample = data.sampled(config.sample_share, seed=config.seed)
    for part, read, what in ((days, sample, "to train on"), (held_out_days, data, "held out")):
        if not (lacking := lacks_target(read, part, **reads)):
            continue
        where = f"on the days {what}, {part[0]} to {part[-1]}"
        if read.sample and not lacks_target(data, part, **reads):
            remedy = f"raise --sample_share={config.sample_share:g}"
        else:
            every = sorted({*days, *held_out_days})
            having = [day for day in every if not lacks_target(data, [day], **reads)]
            remedy = _remedy(data, every, having, held_out=len(held_out_days), weighed=config.use_weights)
        if lacking == "request":
            raise ConfigError(f"{source_of(read)} has no request {where}; {remedy}.")
        raise ConfigError(f"no pair of {source_of(read)} {where}, has {wanted} to learn from; {remedy}.")


def lacks_target(
    data: DataSet, days: Sequence[str], *, tasks: Collection[str], config: TrainConfig, column: str = LABEL
) -> str:
    """What some training days lack, `request` or `target`; empty where a pair has one, which ends the reading."""
    lacking = "request"
    size = data.manifest.at_once(_AT_ONCE)
    for batch in data.batches("train", batch_requests=size, days=days, skip_corrupt=config.skip_corrupt):
        targets, teaches = getattr(batch, column), batch.weight.numpy() > 0 if config.use_weights else True
        if any(np.any(np.isfinite(targets[task].numpy()) & teaches) for task in tasks if task in targets):
            return ""
        lacking = "target" if len(batch.product) else lacking
    return lacking


def source_of(data: DataSet) -> str:
    """The data in an error's words."""
    whole = f"the slice {'/'.join(data.slice)} of {data.folder}" if data.slice else str(data.folder)
    return f"a share of {data.sample[0]:g} of {whole}" if data.sample else whole


def _counted(data: DataSet, tasks: Collection[str], column: str) -> bool:
    """Whether the manifest counts any target in what is read of the training split."""
    return any(
        cell["tasks"].get(task, {}).get(_COUNTED[column], 0)
        for surface, products in data.manifest.split("train")["slices"].items()
        for product, cell in products.items()
        if covers(data.slice, surface=surface, product=product)
        for task in tasks
    )


def _remedy(data: DataSet, every: Sequence[str], having: Sequence[str], *, held_out: int, weighed: bool) -> str:
    """What to do, where some of the days, or none of them, have a target."""
    without = ", or train without --use_weights" if weighed else ""
    if not having:
        return f"none of these {data.manifest.partition.words(len(every))} has one: {_elsewhere(data)}{without}"
    if len(having) == 1:
        return f"{having[0]} alone has some, and one day cannot be on both sides: label more of them{without}"
    fewest, most = len(every) - every.index(having[-1]), len(every) - every.index(having[0]) - 1
    days = min(max(held_out, fewest), most)
    return f"{span(having)}, have some: --held_out_days={days} leaves some on both sides{without}"


def _elsewhere(data: DataSet) -> str:
    return "train on all slices, or on another --slice" if data.slice else "label the data set anew"
