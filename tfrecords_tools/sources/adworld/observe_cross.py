"""What the heavyweight ranker alone sees: noisy features of a user and an ad together (paper section 1)."""

from typing import Protocol

import numpy as np

from tfrecords_tools.requests import Column
from tfrecords_tools.sources.adworld.columns import masked
from tfrecords_tools.sources.adworld.names import PRODUCTS
from tfrecords_tools.sources.adworld.pairs import Pairs
from tfrecords_tools.sources.adworld.seeds import generator


class Noise(Protocol):
    """Where errors of observation come from: NumPy's generator, or one whose numbers belong to a pair."""

    def normal(self, loc: float, scale: float, size: tuple[int, ...]) -> np.ndarray:
        """Normal numbers `[requests, candidates]`."""
        ...

    def poisson(self, lam: np.ndarray) -> np.ndarray:
        """Poisson numbers `[requests, candidates]` of the means `lam`."""
        ...

    def random(self, size: tuple[int, ...]) -> np.ndarray:
        """Uniform numbers `[requests, candidates]`."""
        ...


def observe_cross(pairs: Pairs, *, noise: Noise | None = None) -> tuple[dict[str, Column], np.ndarray]:
    """The cross columns of `[pairs]` rows and the cross mask; the errors are the block's unless `noise` is given."""
    visits, block, shape = pairs.visits, pairs.visits.block, pairs.candidate.shape
    rng = noise or generator(pairs.world.seed, "cross", block.day, block.part)
    context = pairs.context + rng.normal(0.0, 0.1, shape)
    columns = {
        "user_topic_affinity": pairs.interest + rng.normal(0.0, 0.1, shape),
        "user_category_clicks_30d": pairs.history.clicks[visits.user[:, None], pairs.of_ad("category")],
        "user_category_views_7d": pairs.views,
        "user_advertiser_clicks_90d": rng.poisson(0.4 * pairs.of_user("activity") * np.exp(0.8 * pairs.style)),
        "price_gap": pairs.price_gap + rng.normal(0.0, 0.2, shape),
        "query_shared_terms": pairs.shared_terms,
        "query_similarity": context,
        "seed_similarity": context,
    }
    slices = pairs.of_visit("surface") * len(PRODUCTS) + pairs.of_ad("product")
    absent = {"user_topic_affinity": (rng.random(shape) < 0.05).ravel()}
    flat = {name: column.ravel() for name, column in columns.items()}
    return masked("cross", flat, domain=slices.ravel(), absent=absent)
