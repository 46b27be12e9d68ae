"""What a heavyweight label costs, whole: training, following the drift and scoring, beside LightGBM (section 1)."""

import os
import pathlib
import tempfile
import time
from typing import Any

from mtmd_tf.benchmarks.figures import Figure
from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels import labeling
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.lightgbm_comparison.comparison import compare, grow_all

_SHARE = 0.4  # of the training days, as jobs.label has it
_LEAVES, _RATE = 31, 0.1  # LightGBM's own defaults


def measure(
    folder: pathlib.Path, *, model: HeavyweightConfig | None = None, train: HeavyweightTrainConfig | None = None
) -> list[Figure]:
    """Each once, one after the other, on the same days: seconds of work for each labeled pair.

    LightGBM grows three kinds of trees a task, by its default leaves and rate, and scores the days that the ranker
    labels.

    Args:
        folder: Data set with events, without labels.
        model: Another ranker than the default one.
        train: Another training than the default one.
    """
    data = DataSet.open(folder)
    model, train = model or HeavyweightConfig(), train or HeavyweightTrainConfig()
    period = Period.cut(data.manifest, share=_SHARE, held_out=train.held_out_days)
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        begun = time.perf_counter()
        labeling.label(data, place / "labeled", run=place / "run", period=period, model=model, train=train)
        ours = time.perf_counter() - begun
        labeled = DataSet.open(place / "labeled")
        pairs = sum(labeled.manifest.pairs(split) for split in labeled.manifest.splits)
        theirs, note = _lightgbm(data, labeled, period)
    cost = Figure(
        name="heavyweight labels, training included",
        value=pairs / ours,
        unit="pairs/s",
        note=f"{ours:.0f} s for {pairs:,} pairs and {len(data.schema.task_names)} tasks, once",
    )
    ratio = None if theirs is None else theirs / ours
    return [cost, Figure(name="LightGBM's time / that of the labels", value=ratio, unit="times", note=note)]


def _lightgbm(data: DataSet, labeled: DataSet, period: Period) -> tuple[float | None, str]:
    """Seconds, and what they were spent on; None where LightGBM is missing."""
    begun, threads = time.perf_counter(), len(os.sched_getaffinity(0))
    days: dict[str, Any] = {"learn": period.learn, "held_out": period.held_out}
    try:
        trees = grow_all(data, **days, leaves=(_LEAVES,), learning_rates=(_RATE,), threads=threads)
    except ConfigError as error:
        return None, str(error)
    compare(data, labeled, trees=trees)
    seconds = time.perf_counter() - begun
    return seconds, f"{seconds:.0f} s: three kinds of trees a task with {_LEAVES} leaves, and scores, once"
