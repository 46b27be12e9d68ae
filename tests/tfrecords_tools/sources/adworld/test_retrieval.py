import numpy as np

from tfrecords_tools.sources.adworld.names import SEARCH, SURFACES


def test_candidates_are_distinct_within_a_request(blocks):
    for pairs in blocks:
        assert (np.diff(np.sort(pairs.candidate, axis=1), axis=1) > 0).all()


def test_every_surface_has_both_products(blocks, world):
    for surface in range(len(SURFACES)):
        shown = np.concatenate([pairs.candidate[pairs.visits.surface == surface].ravel() for pairs in blocks])
        assert 0.35 < world.ads.product[shown].mean() < 0.55


def test_retrieval_likes_what_the_user_and_the_query_are_about(blocks, world):
    interest = np.concatenate([pairs.interest.ravel() for pairs in blocks])
    context = np.concatenate([pairs.context[pairs.visits.surface == SEARCH].ravel() for pairs in blocks])
    at_random = (world.users.interest @ world.ads.topic.T).mean()
    assert interest.mean() > at_random + 0.1
    assert np.quantile(context, 0.8) - np.quantile(context, 0.2) > 0.2
