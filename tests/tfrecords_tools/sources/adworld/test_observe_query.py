import numpy as np
import pytest

from tfrecords_tools.sources.adworld.schema import SCHEMA

NAMES = [feature.name for feature in SCHEMA.features_of("query")]


@pytest.mark.parametrize(
    ("feature", "surface"),
    [
        ("session_depth", "home_feed"),
        ("query_terms", "search"),
        ("query_embedding", "search"),
        ("seed_category", "related_pin"),
        ("seed_embedding", "related_pin"),
    ],
)
def test_a_feature_of_one_surface_is_masked_elsewhere(requests, feature, surface):
    here = np.concatenate([block.surface for block in requests]) == SCHEMA.surfaces.index(surface)
    present = np.concatenate([block.query_mask[:, NAMES.index(feature)] for block in requests])
    assert present[here].mean() > 0.8
    assert not present[~here].any()


def test_some_values_are_missing_even_where_they_can_exist(requests):
    mask = np.concatenate([block.query_mask for block in requests])
    assert mask[:, NAMES.index("user_id")].all()
    assert 0.5 < mask[:, NAMES.index("age_band")].mean() < 0.7


def test_a_masked_value_is_blank(requests):
    block = requests[0]
    absent = ~block.query_mask[:, NAMES.index("query_embedding")]
    assert absent.any()
    assert (block.query["query_embedding"][absent] == 0).all()
    assert (block.query["query_terms"].lengths[~block.query_mask[:, NAMES.index("query_terms")]] == 0).all()


def test_the_user_embedding_is_the_same_at_every_visit_of_a_day(requests, blocks):
    embedding, user = requests[0].query["user_embedding"], blocks[0].visits.user
    for name in ("user_embedding", "clicks_30d"):
        column = requests[0].query[name]
        first = {u: row for row, u in reversed(list(enumerate(user.tolist())))}
        assert (column == column[[first[u] for u in user.tolist()]]).all(), name
    assert len(np.unique(embedding[:, 0])) > 10


def test_past_clicks_follow_the_users_latent_rate(requests, blocks, world):
    clicks = np.concatenate([block.query["clicks_30d"] for block in requests])
    rate = np.concatenate([(world.users.activity * np.exp(world.users.clicker))[b.visits.user] for b in blocks])
    assert np.corrcoef(np.log1p(clicks), np.log(rate))[0, 1] > 0.7
