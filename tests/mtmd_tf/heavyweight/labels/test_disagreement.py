import dataclasses
import math

import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.disagreement import disagreement
from tests.mtmd_tf.labeled import write_labeled
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.requests import DataError


def test_labels_agree_with_themselves_and_differ_from_others(labeled, tmp_path):
    mine, other = DataSet.open(labeled), DataSet.open(write_labeled(tmp_path / "other", spread=True))
    assert {row.kl for row in disagreement(mine, mine) if row.pairs} == {0.0}
    rows = {(row.surface, row.product, row.task): row for row in disagreement(mine, other)}
    home = rows["home", "standard", "ctr"]  # 0.1 against 0.025 to 0.2
    assert 0.0 < home.log_mae < math.log(4)
    assert home.kl > 0.0
    assert not rows["home", "shopping", "gctr"].pairs


def test_other_requests_are_refused(labeled, tmp_path):
    fewer = DataSet.open(write_labeled(tmp_path / "fewer", requests=120))
    with pytest.raises(
        DataError, match=r"split eval: 20 requests, those of .* are 40; both must be labels of the same data"
    ):
        disagreement(DataSet.open(labeled), fewer)


def test_as_many_requests_of_other_days_are_refused(tmp_path):
    """Only the days that both have can be compared, and the others must not be left out without a word."""
    whole = tiny_requests()  # one request on the third and last day
    later = dataclasses.replace(whole, timestamp=whole.timestamp + 86_400)
    for name, requests, last in (("one", whole, "2017-03-03"), ("other", later, "2017-03-04")):
        write_tiny(tmp_path / name, blocks=[requests], eval_from=last)
    one, other = DataSet.open(tmp_path / "one"), DataSet.open(tmp_path / "other")
    assert one.requests("eval") == other.requests("eval") == 1
    with pytest.raises(
        DataError,
        match=r"other, split eval: .*one does not have its day 2017-03-04 in that split; both must be labels of",
    ):
        disagreement(one, other)
