import numpy as np
import tensorflow as tf

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.calibration.calibration import calibrate, calibration_of, correction_of
from mtmd_tf.heavyweight.calibration.evidence import Evidence, Observer
from mtmd_tf.heavyweight.calibration.spline import spline_basis
from mtmd_tf.heavyweight.network.model import HeavyweightRanker

PAIRS = 200_000


def _events(log_odds: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(1).random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(float)


def test_it_finds_scale_and_shift_of_each_slice():
    random = np.random.default_rng(0)
    logit, slice_index = random.normal(-1, 1, PAIRS), random.integers(0, 2, PAIRS)
    event = _events(0.8 * logit + np.array([0.5, -0.5])[slice_index])
    scale, shift = calibrate(logit[:, None], event=event, slice_index=slice_index, slices=2)
    np.testing.assert_allclose(scale, 0.8, atol=0.02)
    np.testing.assert_allclose(shift, [0.5, -0.5], atol=0.05)


def test_a_slice_without_events_follows_the_others():
    logit = np.random.default_rng(0).normal(-1, 1, PAIRS)
    _, shift = calibrate(logit[:, None], event=_events(logit + 0.5), slice_index=np.zeros(PAIRS, int), slices=2)
    assert 0.3 < shift[1] < shift[0] + 1e-9


def test_little_evidence_changes_little():
    scale, shift = calibrate(np.array([[-3.0]]), event=np.array([1.0]), slice_index=np.array([0]), slices=1)
    assert abs(scale[0] - 1) < 0.05
    assert 0 < shift[0] < 1.0


def test_no_evidence_changes_nothing():
    nothing = np.array([])
    scale, shift = calibrate(nothing[:, None], event=nothing, slice_index=nothing.astype(int), slices=2)
    assert scale[0] == 1
    np.testing.assert_array_equal(shift, [0, 0])


def test_a_child_sums_to_its_events_where_its_parent_and_itself_err_together():
    random = np.random.default_rng(0)
    hidden = random.normal(0, 1, PAIRS)  # raises both, and the ranker sees nothing of it
    parent = _events(hidden - 1)
    child = parent * (random.random(PAIRS) < 1 / (1 + np.exp(-hidden)))
    said = np.stack([0.5 * hidden, 0.2 * hidden], axis=1).astype(np.float32)
    slice_index = np.zeros(PAIRS, np.int64)
    evidence = Evidence(logit=said, event=np.stack([parent, child], axis=1), slice_index=slice_index, time=slice_index)
    found = calibration_of(evidence, parents={"ctr": None, "gctr": "ctr"}, slices=1)
    click, given = (1 / (1 + np.exp(-(found.scale[t] * said[:, t] + found.shift[0, t]))) for t in range(2))
    np.testing.assert_allclose(click.sum() / parent.sum(), 1, atol=0.002)
    np.testing.assert_allclose((click * given).sum() / child.sum(), 1, atol=0.002)


def test_an_event_that_was_not_observed_says_nothing():
    logit = np.zeros((4, 1), np.float32)
    event = np.array([[1.0], [0.0], [np.nan], [np.nan]])
    evidence = Evidence(logit=logit, event=event, slice_index=np.zeros(4, np.int64), time=np.zeros(4, np.int64))
    assert calibration_of(evidence, parents={"ctr": None}, slices=1).shift[0, 0] == 0


def test_rare_events_far_from_what_was_said_are_found():
    event = np.zeros(PAIRS)
    event[:200] = 1
    scale, shift = calibrate(np.full((PAIRS, 1), -12.0), event=event, slice_index=np.zeros(PAIRS, int), slices=1)
    assert abs(np.exp(-12 * scale[0] + shift[0]) * PAIRS / 200 - 1) < 0.15


def test_each_piece_finds_a_slope_of_its_own():
    random = np.random.default_rng(0)
    logit = random.uniform(-6, 2, PAIRS)
    slice_index = np.zeros(PAIRS, np.int64)
    event = _events(np.where(logit < -2, -2 + 0.5 * (logit + 2), logit))[:, None]  # rare ones are less rare than said
    evidence = Evidence(logit=logit[:, None].astype(np.float32), event=event, slice_index=slice_index, time=slice_index)
    found = correction_of(evidence, parents={"ctr": None}, slices=1, knots=np.array([[-2.0]]))
    np.testing.assert_allclose(found.slopes, [[0.5, 1.0]], atol=0.03)
    rare = logit < -4
    p = 1 / (1 + np.exp(-(spline_basis(logit, np.array([-2.0])).numpy() @ found.slopes[0] + found.shift[0, 0])))
    np.testing.assert_allclose(p[rare].sum() / event[rare].sum(), 1, atol=0.05)


def test_a_slope_never_turns_round():
    logit = np.random.default_rng(0).normal(0, 1, PAIRS)
    slice_index = np.zeros(PAIRS, np.int64)
    evidence = Evidence(
        logit=logit[:, None].astype(np.float32),
        event=_events(-logit)[:, None],
        slice_index=slice_index,
        time=slice_index,
    )
    found = correction_of(evidence, parents={"ctr": None}, slices=1, knots=np.array([[-1.0, 1.0]]))
    np.testing.assert_allclose(found.slopes, 0.2)


def test_known_slopes_leave_the_shift_alone_to_be_found():
    logit = np.random.default_rng(0).normal(0, 1, PAIRS)
    slice_index = np.zeros(PAIRS, np.int64)
    evidence = Evidence(
        logit=logit[:, None].astype(np.float32),
        event=_events(2 * logit - 1)[:, None],
        slice_index=slice_index,
        time=slice_index,
    )
    slopes = np.array([[2.0, 2.0]])
    found = correction_of(evidence, parents={"ctr": None}, slices=1, knots=np.array([[0.3]]), slopes=slopes)
    np.testing.assert_array_equal(found.slopes, slopes)
    np.testing.assert_allclose(found.shift, [[-1.0]], atol=0.03)


def test_a_calibrated_model_predicts_as_many_events_as_happen_and_no_child_above_its_parent(labeled):
    data = DataSet.open(labeled)
    batch = next(data.batches("train", batch_requests=240, cross=True))
    model = HeavyweightRanker(data.schema)
    before = float(tf.reduce_mean(tf.exp(model(batch)["ctr"].yes)))
    evidence = Observer(model)([batch])
    model.set_calibration(calibration_of(evidence, parents=model.parents, slices=len(data.schema.slices)))
    after = {task: tf.exp(probability.yes).numpy() for task, probability in model(batch).items()}
    rate = float(tf.reduce_mean(batch.event["ctr"]))
    assert abs(after["ctr"].mean() - rate) < 0.5 * abs(before - rate)
    assert (after["gctr"] <= after["ctr"]).all()
