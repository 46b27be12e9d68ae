import numpy as np
import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.quality import measure_labels
from mtmd_tf.heavyweight.labels.truth import Truth
from tests.mtmd_tf.heavyweight.labels.test_truth import write_truth
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests


def row_of(rows, surface: str, product: str):
    return next(row for row in rows if (row.surface, row.product, row.task) == (surface, product, "ctr"))


def test_calibration_is_labels_over_events_of_pairs_that_have_both(tmp_path):
    write_tiny(tmp_path)  # train, ctr: labels .5 .25 .125 .5 - .75, events 1 0 0 1 - 1
    quality = measure_labels(DataSet.open(tmp_path), split="train")
    row = row_of(quality.rows, "all", "all")
    assert (row.events, row.event_rate) == (5, pytest.approx(0.6))
    assert row.calibration == pytest.approx(2.125 / 3)
    assert row.auc == pytest.approx(1.0)


def test_rare_labels_are_told_from_common_ones(tmp_path):
    write_tiny(tmp_path)  # all five labels with an event are at least .1
    (row,) = (row for row in measure_labels(DataSet.open(tmp_path), split="train").sizes if row.task == "ctr")
    assert (row.low, row.pairs, row.label, row.event) == (pytest.approx(0.1), 5, pytest.approx(2.125), 3)


def test_three_events_say_little_about_calibration(tmp_path):
    write_tiny(tmp_path)
    row = row_of(measure_labels(DataSet.open(tmp_path), split="train").rows, "all", "all")
    assert row.calibration_low < 0.5
    assert row.calibration_high > 1
    assert not row.miscalibrated


def test_every_slice_has_its_own_interval(tmp_path):
    write_tiny(tmp_path)
    rows = measure_labels(DataSet.open(tmp_path), split="train").rows
    assert row_of(rows, "search", "standard").calibration_high is None  # one pair, label .125, no event
    assert row_of(rows, "home", "standard").calibration_high > 0.5  # labels .5 and .5, events 1 and 1
    assert row_of(rows, "search", "shopping").calibration_low is None  # no pair


def test_labels_above_their_parents_are_counted_as_they_stand_in_the_records(tmp_path):
    requests = tiny_requests()
    requests.label["gctr"][:3] = [0.75, float("nan"), 0.125]  # above its ctr of .5; none; as likely as its ctr
    write_tiny(tmp_path, blocks=[requests])
    assert measure_labels(DataSet.open(tmp_path), split="train").above_parent == 1


def test_distance_from_the_truth_by_hand(tmp_path):
    write_tiny(tmp_path)
    write_truth(tmp_path)  # eval, ctr: truth .6 .7, labels .5 .25
    quality = measure_labels(DataSet.open(tmp_path), split="eval", truth=Truth.beside(tmp_path))
    row = row_of(quality.truth, "all", "all")
    assert row.pairs == 2
    assert row.mae == pytest.approx((0.1 + 0.45) / 2)
    assert row.log_mae == pytest.approx((np.log(0.6 / 0.5) + np.log(0.7 / 0.25)) / 2)
    assert row.calibration == pytest.approx(0.75 / 1.3)
    assert row.kl > 0


def test_without_truth_there_is_no_distance_from_it(tmp_path):
    write_tiny(tmp_path)
    assert measure_labels(DataSet.open(tmp_path), split="eval").truth == ()
