import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.quality import measure_labels
from tests.tfrecords_tools.test_shards import write_tiny


def test_calibration_is_labels_over_events_of_pairs_that_have_both(tmp_path):
    write_tiny(tmp_path)  # train, ctr: labels .5 .25 .125 .5 - .75, events 1 0 0 1 - 1
    quality = measure_labels(DataSet.open(tmp_path), split="train")
    row = next(row for row in quality.rows if (row.surface, row.product, row.task) == ("all", "all", "ctr"))
    assert (row.events, row.event_rate) == (5, pytest.approx(0.6))
    assert row.calibration == pytest.approx(2.125 / 3)
    assert row.auc == pytest.approx(1.0)


def test_labels_above_their_parents_are_counted(tmp_path):
    from tests.tfrecords_tools.tiny import tiny_requests

    requests = tiny_requests()
    requests.label["gctr"][:3] = [0.75, float("nan"), 0.125]  # above its ctr of .5; none; as likely as its ctr
    write_tiny(tmp_path, blocks=[requests])
    assert measure_labels(DataSet.open(tmp_path), split="train").above_parent == 1
