import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.labeler import Labeler
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from tfrecords_tools.records import read_records


@pytest.fixture(scope="module")
def model(labeled) -> HeavyweightRanker:
    return HeavyweightRanker(DataSet.open(labeled).schema)


@pytest.fixture(scope="module")
def first_day(labeled) -> list[bytes]:
    return list(read_records(DataSet.open(labeled).manifest.shards("train")[0]))


def test_labels_are_the_models_own_scores_and_nan_where_a_task_does_not_exist(model, labeled, first_day):
    label = Labeler(model, seen=())(first_day)
    batch = next(DataSet.open(labeled).batches("train", batch_requests=len(first_day), cross=True))
    score = tf.exp(model(batch)["gctr"].yes).numpy()
    standard = batch.product.numpy() == 0
    np.testing.assert_allclose(label["gctr"][standard], score[standard], atol=1e-6)
    assert np.isnan(label["gctr"][~standard]).all()
    assert label["gctr"].dtype == np.float32


def test_it_never_scores_a_day_that_it_learned_from(model, first_day):
    with pytest.raises(ConfigError, match="day 2017-03-01 shaped the heavyweight ranker"):
        Labeler(model, seen=["2017-03-01"])(first_day)
