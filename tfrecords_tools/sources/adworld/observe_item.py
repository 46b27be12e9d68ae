"""What the platform sees of an ad: noisy, partly missing item features (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.requests import Column
from tfrecords_tools.sources.adworld.columns import identifiers, masked, ragged, tokens
from tfrecords_tools.sources.adworld.features_item import TOPIC_EMBEDDING_SIZE
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.names import (
    CALLS_TO_ACTION,
    CATEGORIES,
    COLORS,
    FORMATS,
    LANDING_TYPES,
    LANGUAGES,
    OBJECTIVES,
    TERMS,
)
from tfrecords_tools.sources.adworld.seeds import generator
from tfrecords_tools.sources.adworld.topics import STYLE_SIZE, TOPIC_SIZE
from tfrecords_tools.sources.adworld.world import World

_MISSING = {
    "call_to_action": 0.10,
    "language": 0.05,
    "dominant_color": 0.20,
    "topic_embedding": 0.05,
    "image_quality": 0.15,
    "brand": 0.15,
    "load_seconds": 0.25,
}


class ItemObserver:
    """Sees every ad of a world with the same noise on every day; only counts and ages move.

    Args:
        world: The world whose ads will be observed.
    """

    def __init__(self, world: World) -> None:
        rng = generator(world.seed, "catalogue")
        ads, count = world.ads, len(world.ads)
        latent = np.concatenate([ads.topic, 0.5 * ads.style], axis=1)
        projection = rng.normal(0.0, 0.25, (TOPIC_SIZE + STYLE_SIZE, TOPIC_EMBEDDING_SIZE))
        reviews = np.floor(rng.lognormal(2.0, 1.5, count))
        self._ads = ads
        self.item_id = identifiers("a", np.arange(count))
        self._fixed: dict[str, Column] = {
            "ad_id": self.item_id,
            "advertiser_id": ads.advertiser,
            "campaign_id": ads.campaign,
            "category": tokens(CATEGORIES, ads.category),
            "ad_format": tokens(FORMATS, ads.format),
            "objective": tokens(OBJECTIVES, ads.objective),
            "call_to_action": tokens(CALLS_TO_ACTION, ads.call_to_action),
            "language": tokens(LANGUAGES, ads.country),
            "dominant_color": tokens(COLORS, ads.color),
            "keywords": ragged(tokens(TERMS, ads.keywords), ads.keywords >= 0),
            "topic_embedding": latent @ projection + rng.normal(0.0, 0.08, (count, TOPIC_EMBEDDING_SIZE)),
            "advertiser_ads": np.bincount(ads.advertiser)[ads.advertiser],
            "title_length": rng.poisson(8.0, count) + 1,
            "image_quality": 0.5 * ads.quality + 0.3 * ads.inspiration + rng.normal(0.0, 0.5, count),
            "price": np.exp(ads.log_price) * (1.0 - ads.discount),
            "discount": ads.discount,
            "rating": ads.rating.round(1),
            "reviews": reviews,
            "brand": ads.brand,
            "in_stock": ads.in_stock,
            "landing_type": tokens(LANDING_TYPES, ads.landing_type),
            "video_seconds": ads.video_seconds,
            "load_seconds": ads.load_seconds * rng.lognormal(0.0, 0.2, count),
        }
        self._absent = {name: rng.random(count) < share for name, share in _MISSING.items()}
        self._absent |= {"rating": reviews == 0, "video_seconds": ads.video_seconds == 0}

    def table(self, history: History) -> tuple[dict[str, Column], np.ndarray]:
        """The item columns and the item mask of all `[ads]` on the day that `history` leads to."""
        moving = {"age_days": np.floor(self._ads.age) + history.day, **history.ad}
        return masked("item", self._fixed | moving, domain=self._ads.product, absent=self._absent)
