import numpy as np
import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.network.statistics import collect
from tests.tfrecords_tools.test_shards import write_tiny


@pytest.fixture
def statistics(tmp_path):
    write_tiny(tmp_path)
    data = DataSet.open(tmp_path)
    return collect(data.batches("train", batch_requests=2, cross=True), schema=data.schema)


def test_numbers_are_the_present_values_as_the_model_sees_them(statistics):
    age, visits = statistics.numbers["query"]
    np.testing.assert_allclose(age, [10, 20])  # r2 has none
    np.testing.assert_allclose(visits, np.log1p([1, 2, 3]))
    np.testing.assert_allclose(statistics.numbers["cross"][0], np.log1p([0, 1, 0, 2, 0, 0]))


def test_the_prior_is_the_rate_of_a_slice_mixed_with_that_of_all(statistics):
    ctr = 1 / (1 + np.exp(-statistics.prior[:, 0]))
    overall = (3 + 0.5) / (5 + 1)  # events 1 0 | 0 | 1 ? 1
    np.testing.assert_allclose(ctr[0], (2 + 20 * overall) / (2 + 20))  # home standard: a and a
    np.testing.assert_allclose(ctr[3], overall)  # search shopping: nothing happened there


def test_the_prior_of_a_child_is_given_its_parent(statistics):
    gctr = 1 / (1 + np.exp(-statistics.prior[:, 1]))
    overall = (1 + 0.5) / (2 + 1)  # clicked standard pairs: a in r0 with 1, a in r2 with 0
    np.testing.assert_allclose(gctr[0], (1 + 20 * overall) / (2 + 20))
