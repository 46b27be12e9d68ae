"""Follows the drift of events: every day the ranker's logits are corrected by the days just before (section 2.2)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from threadpoolctl import threadpool_limits

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.calibration.calibration import correction_of
from mtmd_tf.heavyweight.calibration.evidence import Evidence, Observer
from mtmd_tf.heavyweight.calibration.spline import knots_of, spline_basis
from tfrecords_tools.partition import SECONDS_A_DAY, start_of
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.schema import Schema

_READ_REQUESTS = 1000
_READ_DAYS = 56  # at once: to begin a pass costs as much as to parse thousands of requests
_SHAPE_SECONDS = 14 * SECONDS_A_DAY  # while the slopes of the segments are kept; shifts change with every period


class Recalibration(NamedTuple):
    """What corrects logits from each first day on until the next; only events before that day shape it.

    `logit' = slopes . spline_basis(logit) + shift`: monotone, so that a slice keeps its order.

    Attributes:
        first_days: `[periods]`, names of partitions such as `2017-03-01`, ascending.
        knots: `[tasks, knots]`, where one segment of a task's logits ends and the next begins.
        slopes: `[periods, tasks, knots + 1]`.
        shift: `[periods, slices, tasks]`.
    """

    first_days: tuple[str, ...]
    knots: np.ndarray
    slopes: np.ndarray
    shift: np.ndarray

    def apply(self, logit: tf.Tensor, *, time: tf.Tensor, slice_index: tf.Tensor) -> tf.Tensor:
        """`[pairs, tasks]` corrected logits.

        Args:
            logit: Logits, `[pairs, tasks]`.
            time: `[pairs]` int64, seconds since 1970; none before the first period.
            slice_index: `[pairs]`, each pair's slice.
        """
        starts = tf.constant([start_of(first) for first in self.first_days], tf.int64)
        period = tf.searchsorted(starts, time, side="right") - 1
        slopes, shift = tf.constant(self.slopes, tf.float32), tf.constant(self.shift, tf.float32)
        through = spline_basis(logit, tf.constant(self.knots, tf.float32))
        stretched = tf.reduce_sum(tf.gather(slopes, period) * through, axis=2)
        return stretched + tf.gather_nd(shift, tf.stack([period, tf.cast(slice_index, tf.int32)], 1))


def recalibrate(
    model: tf.keras.Model,
    data: DataSet,
    *,
    known: Sequence[str],
    days: Sequence[str],
    every: int,
    window: int,
    shape_window: int,
) -> Recalibration:
    """Goes through `days` in order of time, as a ranker in production does that is calibrated again every day.

    Memory holds the evidence of the longer window, and of up to 56 days that follow.

    Args:
        model: A `HeavyweightRanker`, trained and calibrated.
        data: Data set with the events of all these days.
        known: Days before `days` whose events are known; not those that it was trained on.
        days: Days to correct.
        every: Length of a period, in partitions.
        window: Days of the calendar before a period that its shifts are fitted to.
        shape_window: Days of the calendar that slopes are fitted to, every two weeks.
    """
    parents, slices = model.parents, len(model.schema.slices)
    order, observe, fitted = sorted(days), Observer(model), []
    evidence, read = observe(_batches(data, known)), 0
    knots = _knots(evidence, schema=model.schema)
    slopes, shaped, longest = None, 0, max(window, shape_window)
    with threadpool_limits(limits=1, user_api="blas"):  # many small products: a second thread would only wait
        for place in progress_bar(range(0, len(order), every), desc="follow", unit=" periods"):
            while read < place:
                block = order[read : read + _READ_DAYS]
                evidence = Evidence.joined([evidence, observe(_batches(data, block))], tasks=len(parents))
                read += len(block)
            first = start_of(order[place])
            evidence = evidence.between(first - longest * SECONDS_A_DAY)
            if slopes is None or first >= shaped + _SHAPE_SECONDS:
                long = evidence.between(first - shape_window * SECONDS_A_DAY, first)
                slopes, shaped = correction_of(long, parents=parents, slices=slices, knots=knots).slopes, first
            before = evidence.between(first - window * SECONDS_A_DAY, first)
            fitted.append(correction_of(before, parents=parents, slices=slices, knots=knots, slopes=slopes))
    return Recalibration(
        first_days=tuple(order[::every]),
        knots=knots,
        slopes=np.stack([each.slopes for each in fitted]),
        shift=np.stack([each.shift for each in fitted]),
    )


def _knots(evidence: Evidence, *, schema: Schema) -> np.ndarray:
    """`[tasks, knots]`: of each task's logits in the slices where it exists; elsewhere they mean nothing."""
    exists = np.array([[schema.task_exists(*names, task) for task in schema.task_names] for names in schema.slices])
    here = exists[evidence.slice_index]
    return np.stack([knots_of(evidence.logit[here[:, place], place]) for place in range(here.shape[1])])


def _batches(data: DataSet, days: Sequence[str]) -> Iterator[Batch]:
    for split in data.manifest.splits:
        here = [day for day in days if day in data.manifest.days(split)]
        if here:
            at_once = data.manifest.at_once(_READ_REQUESTS)
            yield from data.batches(split, batch_requests=at_once, days=here, cross=True)
