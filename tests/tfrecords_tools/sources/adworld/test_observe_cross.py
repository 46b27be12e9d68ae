import numpy as np
import pytest

from tfrecords_tools.sources.adworld.schema import SCHEMA

NAMES = [feature.name for feature in SCHEMA.features_of("cross")]


@pytest.mark.parametrize(
    ("feature", "where"),
    [
        ("query_similarity", lambda surface, product: surface == "search"),
        ("seed_similarity", lambda surface, product: surface == "related_pin"),
        ("price_gap", lambda surface, product: product == "shopping"),
    ],
)
def test_a_cross_feature_exists_in_its_slices_alone(requests, slice_of_pair, feature, where):
    here = np.array([where(surface, product) for surface, product in SCHEMA.slices])[slice_of_pair]
    assert (np.concatenate([block.cross_mask[:, NAMES.index(feature)] for block in requests]) == here).all()


def test_affinity_is_the_true_one_with_noise(requests, blocks):
    present = requests[0].cross_mask[:, NAMES.index("user_topic_affinity")]
    error = (requests[0].cross["user_topic_affinity"] - blocks[0].interest.ravel())[present]
    assert 0.09 < error.std() < 0.11
