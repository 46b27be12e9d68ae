"""Errors at the cuts of a run on disk, against a loop over its requests."""

import dataclasses
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import TrainConfig
from mtmd_tf.experiments.cuts.comparison import compared
from mtmd_tf.experiments.cuts.measure import KL, AtCuts, _errors, at_cuts
from mtmd_tf.features.reading import DataSet
from mtmd_tf.tasks import LogProbability
from mtmd_tf.training import runs
from mtmd_tf.training.checkpoints import write_best
from mtmd_tf.training.journal import write_with_digest

P = np.array([0.1, 0.2, 0.3, 0.4, 0.5], np.float32)  # of one request of four candidates and one of a single one


@pytest.fixture(scope="module")
def measured(labeled, narrow, tmp_path_factory) -> AtCuts:
    run: pathlib.Path = tmp_path_factory.mktemp("cuts") / "run"
    quick = dataclasses.replace(narrow, architecture="shared_bottom")
    runs.claim(run, DataSet.open(labeled), model=quick, train=TrainConfig())
    model = runs.new_model(run)
    model.make_variables()
    write_best(model, run)
    write_with_digest(run / "fit.json", {})
    return at_cuts(run, cuts=[(1, 2)])


def test_a_run_on_disk_has_a_row_for_each_request_and_its_calibration(measured, labeled):
    data = DataSet.open(labeled)
    assert measured.errors.shape == (data.requests("eval"), len(measured.columns))
    kl = measured.columns.index(("ctr", KL))
    assert measured.sizes[kl] == data.manifest.pairs("eval")
    assert measured.errors[:, kl].min() >= 0.0
    assert set(measured.calibration) == set(data.schema.task_names)
    assert all(np.isfinite(each) for each in measured.calibration.values())


@pytest.fixture(scope="module")
def batch(labeled):
    """The first two requests of eval, of which the second keeps one labeled candidate."""
    [batch] = list(DataSet.open(labeled).batches("eval", batch_requests=2, take=1))
    label = np.array([0.4, 0.3, 0.2, 0.1, 0.25, np.nan, np.nan, np.nan], np.float32)
    event = np.array([1, 1, 0, np.nan, 1, 0, 0, 0], np.float32)
    bid = np.array([1, 1, 4, 1, 1, 1, 1, 1], np.float32)
    tensor = tf.constant
    return batch._replace(label={"ctr": tensor(label)}, event={"ctr": tensor(event)}, bid=tensor(bid))


def test_what_two_of_four_miss_by_hand(batch):
    p = tf.constant(np.concatenate([P, [0.5, 0.5, 0.5]]), tf.float32)
    prediction = {"ctr": LogProbability(yes=tf.math.log(p), no=tf.math.log1p(-p))}
    errors, sums = _errors(batch, prediction, cuts=[(1, 2), (2, 2)], bids=True)
    # the two kept are the third and the fourth; the second request has nothing to cut
    assert {name: (each.tolist(), size) for (_, name), (each, size) in errors.items() if "misses" in name} == {
        "misses of the best 1 at N=2": ([1.0, 0.0], 1.0),
        "misses of the best 2 at N=2": ([1.0, 0.0], 1.0),
        "eCPM misses of the best 1 at N=2": ([0.0, 0.0], 1.0),  # of .4, .3, .8, .1 the best is the third, 1.2 by score
        "eCPM misses of the best 2 at N=2": ([0.5, 0.0], 1.0),
    }
    lost, best = errors["ctr", "value lost at N=2"]
    np.testing.assert_allclose([lost[0], best], [0.4, 0.7], rtol=1e-6)  # .7 less .2 + .1
    missed, events = errors["ctr", "events missed at N=2"]
    assert (missed.tolist(), events) == ([2.0, 0.0], 2.0)
    np.testing.assert_allclose(sums["ctr"], (1.5, 1.25), rtol=1e-6)
    assert errors["ctr", KL][1] == 5.0


def test_an_arm_that_halves_every_error_improves_by_half(measured):
    half = AtCuts(**{**vars(measured), "run": "half", "errors": measured.errors / 2})
    text = compared([measured], {"half": [half]}, draws=50)
    line = next(line for line in text.splitlines() if line.startswith("| half | ctr  | KL"))
    assert line.endswith("| +50.0% [+50.0, +50.0] |")
    assert "| reference | ctr " in text
