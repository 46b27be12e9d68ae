import numpy as np
import tensorflow as tf

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight import HeavyweightRanker
from mtmd_tf.heavyweight.calibration import Calibration, calibrate, calibration_of

PAIRS = 200_000


def _events(log_odds: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(1).random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(float)


def test_it_finds_scale_and_shift_of_each_slice():
    random = np.random.default_rng(0)
    logit, cell = random.normal(-1, 1, PAIRS), random.integers(0, 2, PAIRS)
    event = _events(0.8 * logit + np.array([0.5, -0.5])[cell])
    scale, shift = calibrate(logit, event=event, cell=cell, cells=2)
    np.testing.assert_allclose(scale, 0.8, atol=0.02)
    np.testing.assert_allclose(shift, [0.5, -0.5], atol=0.05)


def test_a_slice_without_events_follows_the_others():
    logit = np.random.default_rng(0).normal(-1, 1, PAIRS)
    _, shift = calibrate(logit, event=_events(logit + 0.5), cell=np.zeros(PAIRS, int), cells=2)
    assert 0.3 < shift[1] < shift[0] + 1e-9


def test_little_evidence_changes_little():
    scale, shift = calibrate(np.array([-3.0]), event=np.array([1.0]), cell=np.array([0]), cells=1)
    assert abs(scale - 1) < 0.05
    assert 0 < shift[0] < 0.15


def test_no_evidence_changes_nothing():
    nothing = np.array([])
    scale, shift = calibrate(nothing, event=nothing, cell=nothing.astype(int), cells=2)
    assert scale == 1
    np.testing.assert_array_equal(shift, [0, 0])


def test_a_calibrated_model_predicts_as_many_events_as_happen_and_no_child_above_its_parent(labelled):
    data = DataSet.open(labelled)
    batch = next(data.batches("train", batch_requests=240, cross=True))
    model = HeavyweightRanker(data.schema)
    before = float(tf.reduce_mean(tf.exp(model(batch)["ctr"].yes)))
    model.set_calibration(calibration_of(model, [batch]))
    after = {task: tf.exp(probability.yes).numpy() for task, probability in model(batch).items()}
    rate = float(tf.reduce_mean(batch.event["ctr"]))
    assert abs(after["ctr"].mean() - rate) < 0.5 * abs(before - rate)
    assert (after["gctr"] <= after["ctr"]).all()


def test_the_calibration_of_a_child_reads_only_pairs_whose_parent_happened(labelled):
    data = DataSet.open(labelled)
    batch = next(data.batches("train", batch_requests=240, cross=True))
    model = HeavyweightRanker(data.schema)
    never = batch._replace(event={"ctr": tf.zeros_like(batch.event["ctr"]), "gctr": batch.event["gctr"]})
    calibration = calibration_of(model, [never])
    assert isinstance(calibration, Calibration)
    assert calibration.scale[1] == 1
    np.testing.assert_array_equal(calibration.shift[:, 1], 0)
