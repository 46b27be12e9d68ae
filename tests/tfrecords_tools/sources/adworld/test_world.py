import dataclasses

import numpy as np

from tfrecords_tools.sources.adworld.world import World


def test_users_and_ads_grow_with_the_requests():
    small = World.make(seed=0, requests=2_000, candidates=20, days=30)
    large = World.make(seed=0, requests=20_000, candidates=20, days=30)
    assert (len(small.users), len(small.ads)) == (200, 400)
    assert (len(large.users), len(large.ads)) == (2_000, 4_000)


def test_every_trait_has_one_row_a_user_or_ad(world):
    for people in (world.users, world.ads):
        for field in dataclasses.fields(people):
            assert len(getattr(people, field.name)) == len(people), field.name


def test_topics_are_unit_vectors_and_interest_shares_sum_to_1(world):
    np.testing.assert_allclose(np.linalg.norm(world.ads.topic, axis=1), 1.0)
    np.testing.assert_allclose(np.linalg.norm(world.users.interest, axis=1), 1.0)
    np.testing.assert_allclose(world.users.interest_share.sum(axis=1), 1.0)
