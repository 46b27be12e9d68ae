import math

import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.disagreement import disagreement
from tests.mtmd_tf.labelled import write_labelled
from tfrecords_tools.requests import DataError


def test_labels_agree_with_themselves_and_differ_from_others(labelled, tmp_path):
    mine, other = DataSet.open(labelled), DataSet.open(write_labelled(tmp_path / "other", spread=True))
    assert {row.kl for row in disagreement(mine, mine) if row.pairs} == {0.0}
    rows = {(row.surface, row.product, row.task): row for row in disagreement(mine, other)}
    home = rows["home", "standard", "ctr"]  # 0.1 against 0.025 to 0.2
    assert 0.0 < home.log_mae < math.log(4)
    assert home.kl > 0.0
    assert not rows["home", "shopping", "gctr"].pairs


def test_other_requests_are_refused(labelled, tmp_path):
    fewer = DataSet.open(write_labelled(tmp_path / "fewer", requests=120))
    with pytest.raises(
        DataError, match=r"split eval: 20 requests, those of .* are 40; both must be labels of the same data"
    ):
        disagreement(DataSet.open(labelled), fewer)
