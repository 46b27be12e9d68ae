import datetime
import types

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.heavyweight.calibration import recalibration
from mtmd_tf.heavyweight.calibration.evidence import Evidence
from mtmd_tf.heavyweight.calibration.recalibration import Recalibration, recalibrate
from tfrecords_tools.feature import Feature
from tfrecords_tools.schema import Schema
from tfrecords_tools.task import Task

PAIRS = 20_000
FIRST = (datetime.date(2017, 3, 1) - datetime.date(1970, 1, 1)).days
FEATURE = Feature(name="city", side="query", kind="categorical", dtype="bytes", hash_buckets=2)
DAYS = tuple(f"2017-03-{day:02}" for day in range(1, 31))


def test_each_pair_is_corrected_by_the_period_of_its_day_and_by_its_slice():
    both = Recalibration(
        first_days=("1970-01-02", "1970-01-08"),
        knots=np.array([[0.0]]),
        slopes=np.array([[[5.0, 1.0]], [[5.0, 2.0]]]),
        shift=np.array([[[0.1], [0.2]], [[0.3], [0.4]]]),
    )
    logit = both.apply(
        tf.ones([3, 1]), time=86_400 * tf.constant([1, 6, 7], tf.int64), slice_index=tf.constant([0, 1, 1])
    )
    np.testing.assert_allclose(logit[:, 0], [1.1, 1.2, 2.4], rtol=1e-6)


@pytest.fixture
def world(monkeypatch):
    """Every day a ranker says that half of the events happen; `rate[day]` of them do."""
    rate = dict.fromkeys(DAYS, 0.5)
    read = []

    def observe(days: list[str]) -> Evidence:
        read.extend(days)
        event = np.concatenate([np.arange(PAIRS) < rate[day] * PAIRS for day in days])[:, None].astype(float)
        number = np.repeat([86_400 * (FIRST + DAYS.index(day)) for day in days], PAIRS)
        return Evidence(np.zeros_like(event), event, np.zeros(len(event), np.int64), number)

    monkeypatch.setattr(recalibration, "Observer", lambda model: observe)
    monkeypatch.setattr(recalibration, "_batches", lambda data, days: days)
    schema = Schema(name="one", surfaces=("a",), products=("b",), tasks=(Task(name="ctr"),), features=(FEATURE,))
    model = types.SimpleNamespace(schema=schema, parents={"ctr": None})

    def run(*, every: int, window: int) -> Recalibration:
        return recalibrate(
            model, None, known=DAYS[:7], days=DAYS[7:], every=every, window=window, shape_window=2 * window
        )

    return types.SimpleNamespace(rate=rate, run=run, read=read)


def test_what_drifts_is_followed_a_window_behind(world):
    for day in DAYS[14:]:
        world.rate[day] = 0.2
    found = world.run(every=7, window=7)
    assert found.first_days == ("2017-03-08", "2017-03-15", "2017-03-22", "2017-03-29")
    followed = np.log(0.2 / 0.8)
    np.testing.assert_allclose(found.shift[:, 0, 0], [0, 0, followed, followed], atol=0.03)


def test_events_of_the_days_to_label_shape_later_days_alone(world):
    before = world.run(every=7, window=28)
    for day in DAYS[21:]:
        world.rate[day] = 0.9
    after = world.run(every=7, window=28)
    np.testing.assert_array_equal(after.shift[:3], before.shift[:3])
    assert after.shift[3, 0, 0] > before.shift[3, 0, 0] + 0.1


def test_every_day_is_read_once(world):
    world.run(every=2, window=10)
    assert tuple(world.read) == DAYS[: len(world.read)]
    assert len(world.read) >= 29  # the last day shapes nothing


def test_knots_come_from_the_pairs_where_a_task_exists():
    """`octr` exists for b alone: the logits that the ranker happens to say for c, -100, are nobody's."""
    tasks = (Task(name="ctr"), Task(name="octr", parent="ctr", products=("b",)))
    schema = Schema(name="two", surfaces=("a",), products=("b", "c"), tasks=tasks, features=(FEATURE,))
    slice_index = np.arange(1000) % 2
    logit = np.stack([np.zeros(1000), np.where(slice_index == 0, np.linspace(-2.0, 2.0, 1000), -100.0)], axis=1)
    evidence = Evidence(logit.astype(np.float32), np.zeros_like(logit), slice_index, np.zeros(1000, np.int64))
    knots = recalibration._knots(evidence, schema=schema)
    np.testing.assert_allclose(knots[1], [-1.8, -1.4, -0.8, 0.0, 0.8, 1.4], atol=0.02)
    np.testing.assert_array_equal(knots[0], np.zeros(6))
