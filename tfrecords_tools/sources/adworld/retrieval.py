"""The candidates of each visit: a retrieval mix of ads that match the context, the user, or nothing."""

import numpy as np

from tfrecords_tools.sources.adworld.names import HOME_FEED
from tfrecords_tools.sources.adworld.seeds import generator
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World

_BY_CONTEXT, _BY_INTEREST = 0.35, 0.30  # shares of the mix; the rest is drawn by what the advertisers pay for


def retrieve(world: World, visits: Visits) -> np.ndarray:
    """`[requests, candidates]` indices of ads, distinct within a request."""
    rng = generator(world.seed, "retrieval", visits.block.day, visits.block.part)
    ads, shape = world.ads, (len(visits), world.candidates)
    share = world.users.interest_share[visits.user].cumsum(axis=1)
    liked = (rng.random(shape)[..., None] * share[:, None, -1:] > share[:, None]).sum(axis=2)
    asked = np.where((visits.surface == HOME_FEED)[:, None], liked, visits.context_category[:, None])
    spend = (ads.impressions * ads.bid).cumsum()
    paid = np.searchsorted(spend, rng.random(shape) * spend[-1])
    source = rng.random(shape)
    category = np.where(source < _BY_CONTEXT, asked, liked)
    chosen = np.where(
        source < _BY_CONTEXT + _BY_INTEREST, _of_category(ads.category, category, rng.random(shape)), paid
    )
    return _distinct(chosen, len(ads), rng)


def _of_category(category_of_ad: np.ndarray, wanted: np.ndarray, share: np.ndarray) -> np.ndarray:
    """An ad of each wanted category, or its neighbor in category order where there is none."""
    order = np.argsort(category_of_ad, kind="stable")
    first = np.searchsorted(category_of_ad[order], wanted)
    count = np.searchsorted(category_of_ad[order], wanted, side="right") - first
    return order[np.minimum(first + (share * count).astype(int), len(order) - 1)]


def _distinct(chosen: np.ndarray, ads: int, rng: np.random.Generator) -> np.ndarray:
    """Replaces every repeated ad of a request by a random one until none repeats."""
    while True:
        order = np.argsort(chosen, axis=1, kind="stable")
        ranked = np.take_along_axis(chosen, order, axis=1)
        repeated = np.zeros(chosen.shape, dtype=bool)
        np.put_along_axis(repeated, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
        if not repeated.any():
            return chosen
        chosen = np.where(repeated, rng.integers(ads, size=chosen.shape), chosen)
