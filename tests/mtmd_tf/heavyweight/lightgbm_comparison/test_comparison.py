import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.lightgbm_comparison.comparison import compare, grow_all
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.requests import DataError

TREES = {"leaves": [4], "learning_rates": [0.1], "threads": 1}
DAYS = {"learn": ["2017-03-01", "2017-03-02"], "held_out": ["2017-03-03", "2017-03-04"]}


def test_labels_that_are_the_truth_are_not_behind_trees(labeled):
    data = DataSet.open(labeled)  # events are drawn from its labels; gctr has no positive
    trees = grow_all(data, **DAYS, **TREES)
    assert list(trees) == ["ctr"]
    rows = compare(data, data, trees=trees)
    assert [(each.split, each.task) for each in rows] == [("eval", "ctr"), ("train", "ctr")]
    assert all(each.low < each.ranker - each.lightgbm < each.high for each in rows)
    held = rows[0]
    assert held.pairs == 160
    assert held.ranker > 0.6
    assert held.outcome != "behind"


def test_the_ranker_before_its_labels_were_corrected_has_an_auc_of_its_own(labeled):
    data = DataSet.open(labeled)
    trees = grow_all(data, **DAYS, **TREES)
    (held, *_) = compare(data, data, trees=trees, uncorrected=lambda batch: {"ctr": -batch.label["ctr"].numpy()})
    assert held.uncorrected == pytest.approx(1 - held.ranker)  # every pair of pairs the other way round
    assert compare(data, data, trees=trees)[0].uncorrected is None


def test_labels_of_other_requests_are_refused(tmp_path):
    write_tiny(tmp_path / "data")
    requests = tiny_requests()
    requests.request_id[-1] = b"r9"
    write_tiny(tmp_path / "copy", blocks=[requests])
    with pytest.raises(
        DataError, match=r"split eval: its requests are not those of .*, in order; compare a data set with the copy"
    ):
        compare(DataSet.open(tmp_path / "data"), DataSet.open(tmp_path / "copy"), trees={})
