"""The query features of the ad world: who visits, when, from where, and what the visit is about."""

import functools

from tfrecords_tools.schema import Feature
from tfrecords_tools.sources.adworld.names import (
    AGE_BANDS,
    CATEGORIES,
    COUNTRIES,
    DEVICES,
    ENTRY_POINTS,
    LANGUAGES,
    SEGMENTS,
)

USER_EMBEDDING_SIZE = 32
CONTEXT_EMBEDDING_SIZE = 16
USER_BUCKETS = 20_000
TERM_BUCKETS = 2_000
ADVERTISER_BUCKETS = 2_000

HOME_FEED_ONLY, SEARCH_ONLY, RELATED_PIN_ONLY = ("home_feed",), ("search",), ("related_pin",)

_token = functools.partial(Feature, side="query", kind="categorical", dtype="bytes")
_integer = functools.partial(Feature, side="query", kind="categorical", dtype="int64")
_number = functools.partial(Feature, side="query", kind="continuous", dtype="float")
_count = functools.partial(_number, count_like=True)
_tokens = functools.partial(Feature, side="query", kind="ragged", dtype="bytes")
_vector = functools.partial(Feature, side="query", kind="dense", dtype="float")

QUERY_FEATURES = (
    _token(name="user_id", hash_buckets=USER_BUCKETS),
    _token(name="device", vocabulary=DEVICES, descriptor=True),
    _token(name="country", vocabulary=COUNTRIES, descriptor=True),
    _token(name="entry_point", vocabulary=ENTRY_POINTS, descriptor=True),
    _token(name="segment", vocabulary=SEGMENTS, descriptor=True),
    _token(name="language", vocabulary=tuple(dict.fromkeys(LANGUAGES))),
    _token(name="age_band", vocabulary=AGE_BANDS),
    _integer(name="hour", vocabulary=tuple(range(24))),
    _integer(name="weekday", vocabulary=tuple(range(7))),
    _count(name="account_age_days"),
    _count(name="ads_seen_7d"),
    _count(name="clicks_30d"),
    _count(name="good_clicks_30d"),
    _count(name="outbound_clicks_30d"),
    _count(name="purchases_90d"),
    _count(name="hides_90d"),
    _count(name="repins_30d"),
    _count(name="video_seconds_7d"),
    _count(name="average_order_value", description="US dollars; missing without purchases"),
    _number(
        name="discount_share",
        description="share of purchases made at a discount; missing without purchases",
    ),
    _tokens(name="recent_interests", vocabulary=CATEGORIES),
    _tokens(name="clicked_categories", vocabulary=CATEGORIES),
    _tokens(name="viewed_categories", vocabulary=CATEGORIES),
    _tokens(name="searched_terms", hash_buckets=TERM_BUCKETS),
    _tokens(name="followed_advertisers", hash_buckets=ADVERTISER_BUCKETS, dtype="int64"),
    _vector(name="user_embedding", size=USER_EMBEDDING_SIZE),
    _count(name="session_depth", surfaces=HOME_FEED_ONLY),
    _count(name="hours_since_last_visit", surfaces=HOME_FEED_ONLY),
    _tokens(name="query_terms", hash_buckets=TERM_BUCKETS, surfaces=SEARCH_ONLY),
    _token(name="query_category", vocabulary=CATEGORIES, descriptor=True, surfaces=SEARCH_ONLY),
    _count(name="query_length", surfaces=SEARCH_ONLY, description="terms in the query"),
    _vector(name="query_embedding", size=CONTEXT_EMBEDDING_SIZE, surfaces=SEARCH_ONLY),
    _token(name="seed_category", vocabulary=CATEGORIES, descriptor=True, surfaces=RELATED_PIN_ONLY),
    _count(name="seed_saves", surfaces=RELATED_PIN_ONLY),
    _count(
        name="seed_price", surfaces=RELATED_PIN_ONLY, description="US dollars; missing where the seed pin sells nothing"
    ),
    _vector(name="seed_embedding", size=CONTEXT_EMBEDDING_SIZE, surfaces=RELATED_PIN_ONLY),
)
