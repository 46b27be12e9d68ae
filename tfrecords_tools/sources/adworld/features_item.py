"""The item features of the ad world and the cross features that only its heavyweight ranker may read."""

import functools

from tfrecords_tools.schema import Feature
from tfrecords_tools.sources.adworld.features_query import ADVERTISER_BUCKETS, TERM_BUCKETS
from tfrecords_tools.sources.adworld.names import (
    CALLS_TO_ACTION,
    CATEGORIES,
    COLORS,
    FORMATS,
    LANDING_TYPES,
    LANGUAGES,
    OBJECTIVES,
)

TOPIC_EMBEDDING_SIZE = 16
AD_BUCKETS = 20_000
CAMPAIGN_BUCKETS = 5_000

STANDARD_ONLY, SHOPPING_ONLY = ("standard",), ("shopping",)

_token = functools.partial(Feature, side="item", kind="categorical", dtype="bytes")
_integer = functools.partial(Feature, side="item", kind="categorical", dtype="int64")
_number = functools.partial(Feature, side="item", kind="continuous", dtype="float")
_count = functools.partial(_number, count_like=True)

ITEM_FEATURES = (
    _token(name="ad_id", hash_buckets=AD_BUCKETS),
    _integer(name="advertiser_id", hash_buckets=ADVERTISER_BUCKETS),
    _integer(name="campaign_id", hash_buckets=CAMPAIGN_BUCKETS),
    _token(name="category", vocabulary=CATEGORIES, descriptor=True),
    _token(name="ad_format", vocabulary=FORMATS, descriptor=True),
    _token(name="objective", vocabulary=OBJECTIVES, descriptor=True),
    _token(name="call_to_action", vocabulary=CALLS_TO_ACTION),
    _token(name="language", vocabulary=tuple(dict.fromkeys(LANGUAGES))),
    _token(name="dominant_color", vocabulary=COLORS),
    Feature(name="keywords", side="item", kind="ragged", dtype="bytes", hash_buckets=TERM_BUCKETS),
    Feature(name="topic_embedding", side="item", kind="dense", dtype="float", size=TOPIC_EMBEDDING_SIZE),
    _count(name="age_days"),
    _count(name="impressions_7d"),
    _count(name="clicks_7d"),
    _count(name="good_clicks_7d"),
    _count(name="repins_7d"),
    _count(name="hides_7d"),
    _count(name="advertiser_ads"),
    _count(name="advertiser_clicks_30d"),
    _count(name="title_length"),
    _number(name="image_quality", description="score of an image model"),
    _count(name="price", products=SHOPPING_ONLY, description="US dollars"),
    _number(name="discount", products=SHOPPING_ONLY, description="share off the list price"),
    _number(name="rating", products=SHOPPING_ONLY, description="1 to 5 stars; missing without reviews"),
    _count(name="reviews", products=SHOPPING_ONLY),
    _integer(name="brand", hash_buckets=1_000, products=SHOPPING_ONLY),
    _integer(name="in_stock", vocabulary=(1, 0), products=SHOPPING_ONLY),
    _token(name="landing_type", vocabulary=LANDING_TYPES, descriptor=True, products=STANDARD_ONLY),
    _count(name="video_seconds", products=STANDARD_ONLY, description="missing where the ad is no video"),
    _count(name="load_seconds", products=STANDARD_ONLY, description="time the landing page takes to load"),
    _count(name="outbound_clicks_7d", products=STANDARD_ONLY),
)

CROSS_FEATURES = (
    _number(name="user_topic_affinity", side="cross"),
    _count(name="user_category_clicks_30d", side="cross"),
    _count(name="user_category_views_7d", side="cross"),
    _count(name="user_advertiser_clicks_90d", side="cross"),
    _number(
        name="price_gap",
        side="cross",
        products=SHOPPING_ONLY,
        description="ln(price / the user's usual price)",
    ),
    _count(name="query_shared_terms", side="cross", surfaces=("search",)),
    _number(name="query_similarity", side="cross", surfaces=("search",)),
    _number(name="seed_similarity", side="cross", surfaces=("related_pin",)),
)
