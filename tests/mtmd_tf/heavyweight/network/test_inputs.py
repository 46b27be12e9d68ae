import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.batch import Side
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.network.inputs import SideInput


@pytest.fixture
def item(labeled) -> tuple[SideInput, Side]:
    data = DataSet.open(labeled)
    layer = SideInput(SideLayout("item", data.schema), dim=2, bins=3)
    return layer, next(data.batches("train", batch_requests=2)).item


def test_a_row_is_its_embedded_fields_its_bins_and_its_mask(item):
    layer, side = item  # brand, tags and image embedded; price and discount in bins
    rows = layer(side)
    assert rows.shape == (8, 3 * 2 + 2 * 3 + 5)
    np.testing.assert_array_equal(rows[:, -5:], side.mask)


def test_a_token_that_was_never_learned_says_nothing(item):
    layer, side = item
    np.testing.assert_array_equal(layer(side)[:, :4], np.zeros([8, 4]))  # brand and tags


def test_an_absent_field_is_zero(item):
    layer, side = item
    rows = layer(side._replace(mask=tf.zeros_like(side.mask)))
    np.testing.assert_array_equal(rows, np.zeros(rows.shape))
