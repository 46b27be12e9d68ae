import numpy as np
import pytest

from mtmd_tf.heavyweight.lightgbm_comparison.pair_table import Column, PairTable
from tests.mtmd_tf.features.test_parsing import parse
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema

NAN = float("nan")


@pytest.fixture(scope="module")
def table() -> dict[str, np.ndarray]:
    """Each column of the tiny requests by name."""
    layout = PairTable(tiny_schema())
    values = layout(parse(tiny_requests(), cross=True))
    assert values.shape == (8, len(layout.columns))
    return {column.name: values[:, place] for place, column in enumerate(layout.columns)}


def test_surface_and_product_are_categories_of_every_pair(table):
    assert table["surface"].tolist() == [0, 0, 1, 0, 0, 0, 1, 1]
    assert table["product"].tolist() == [0, 1, 0, 0, 1, 1, 0, 1]


def test_query_features_come_with_every_pair_of_the_request(table):
    np.testing.assert_array_equal(table["query/age"], [10, 10, 20, NAN, NAN, NAN, 40, 40])


def test_a_category_is_its_place_in_its_own_vocabulary(table):
    assert table["item/brand"][:3].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(np.isnan(table["cross/bought"]), np.array([0, 1, 0, 0, 1, 1, 0, 1]) == 0)


def test_a_small_ragged_feature_is_its_length_and_its_counts(table):
    np.testing.assert_array_equal(table["item/tags length"], [2, 1, 0, 2, 1, NAN, 0, NAN])
    counts = sum(np.nan_to_num(table[f"item/tags token {row}"]) for row in range(8))
    assert counts.tolist() == [2, 1, 0, 2, 1, 0, 0, 0]


def test_a_vector_is_a_column_an_entry(table):
    np.testing.assert_array_equal(table["item/image 1"], [1, 3, 5, 1, 3, NAN, 5, NAN])


def test_a_large_ragged_feature_is_its_first_three_tokens():
    import dataclasses

    schema = tiny_schema()
    features = tuple(
        dataclasses.replace(feature, hash_buckets=1000) if feature.name == "tags" else feature
        for feature in schema.features
    )
    layout = PairTable(dataclasses.replace(schema, features=features))
    assert Column("item/tags 0", True, 1000) in layout.columns
    assert [column.name for column in layout.columns if column.name.startswith("item/tags")] == [
        "item/tags length",
        "item/tags 0",
        "item/tags 1",
        "item/tags 2",
    ]
