"""The features of Complete Journey: where each exists, and its vocabulary (paper section 2.1.1)."""

from typing import Any

from tfrecords_tools.schema import Feature
from tfrecords_tools.sources.complete_journey.coding import DEMOGRAPHICS
from tfrecords_tools.sources.complete_journey.promotions import NO_LOCATION
from tfrecords_tools.sources.complete_journey.query_features import TOP
from tfrecords_tools.sources.complete_journey.tables import Tables

PRODUCT_BUCKETS = 65_536
MANUFACTURER_BUCKETS = 8192
HOUSEHOLD_BUCKETS = 4096
PACKAGE_BUCKETS = 8192
_MAILER = ("mailer", "both")
_DISPLAY = ("display", "both")
_HIGH_LEVEL_DEMOGRAPHICS = ("age", "income", "household_size", "household_comp")

# Features whose codes are indices into another vocabulary than the one of their own name.
WORDS = {
    "top_categories": "product_category",
    "top_types": "product_type",
    "recent_categories": "product_category",
    "campaign_types": "campaign_type",
    "store_mailer_location": "mailer_location",
    "usual_mailer_location": "mailer_location",
    "store_display_location": "display_location",
    "usual_display_location": "display_location",
}


def query_features(tables: Tables) -> tuple[Feature, ...]:
    """In the order of the mask's bits."""
    hours, stores = tuple(range(24)), tuple(tables.promotions.distinct_stores().tolist())
    shopper = [_words(tables, "query", name, descriptor=name in _HIGH_LEVEL_DEMOGRAPHICS) for name in DEMOGRAPHICS]
    return (
        _ids("query", "household_id", hash_buckets=HOUSEHOLD_BUCKETS),
        _ids("query", "store_id", vocabulary=stores),
        _words(tables, "query", "weekday", descriptor=True),
        _ids("query", "hour", vocabulary=hours, descriptor=True, description="on the store's clock"),
        *shopper,
        _count("query", "trips"),
        _count("query", "recent_trips", description="in the last 4 weeks"),
        _count("query", "weeks_since_trip"),
        _count("query", "spend_per_trip", description="dollars"),
        _count("query", "products_per_trip"),
        _number("query", "private_share", description="of the household's purchases"),
        _number("query", "promoted_share", description="of the household's purchases"),
        _number("query", "discount_share", description="saved / (saved + paid)"),
        _number("query", "store_share", description="of the household's trips that went to this store"),
        _count("query", "coupon_purchases"),
        _count("query", "campaigns", description="that reach the household today"),
        _words(tables, "query", "campaign_types", kind="ragged"),
        _count("query", "mailer_products", surfaces=_MAILER, description="in the store's mailer this week"),
        _count("query", "display_products", surfaces=_DISPLAY, description="on display in the store this week"),
        _words(
            tables, "query", "store_mailer_location", surfaces=_MAILER, descriptor=True, description="most common here"
        ),
        _words(
            tables,
            "query",
            "store_display_location",
            surfaces=_DISPLAY,
            descriptor=True,
            description="most common here",
        ),
        Feature(
            name="department_shares",
            side="query",
            kind="dense",
            dtype="float",
            size=len(tables.names["department"]),
            description="of the household's purchases",
        ),
        _words(tables, "query", "top_categories", kind="ragged", description=f"{TOP} most bought"),
        _words(tables, "query", "top_types", kind="ragged", description=f"{TOP} most bought"),
        _ids("query", "top_products", kind="ragged", hash_buckets=PRODUCT_BUCKETS, description=f"{TOP} most bought"),
        _ids(
            "query",
            "top_manufacturers",
            kind="ragged",
            hash_buckets=MANUFACTURER_BUCKETS,
            description=f"{TOP} most bought",
        ),
        _words(tables, "query", "recent_categories", kind="ragged", description="bought in the last 2 weeks"),
    )


def item_features(tables: Tables) -> tuple[Feature, ...]:
    """In the order of the mask's bits."""
    return (
        _ids("item", "product_id", hash_buckets=PRODUCT_BUCKETS),
        _ids("item", "manufacturer_id", hash_buckets=MANUFACTURER_BUCKETS),
        _words(tables, "item", "department", descriptor=True),
        _words(tables, "item", "product_category", descriptor=True),
        _words(tables, "item", "product_type"),
        Feature(name="package_size", side="item", kind="categorical", dtype="bytes", hash_buckets=PACKAGE_BUCKETS),
        _words(
            tables, "item", "usual_mailer_location", descriptor=True, description="most common of this week's mailers"
        ),
        _words(
            tables, "item", "usual_display_location", descriptor=True, description="most common of this week's displays"
        ),
        _count("item", "mailer_stores", description="that have it in this week's mailer"),
        _count("item", "display_stores", description="that have it on display this week"),
        _count("item", "coupons", description="for it in campaigns that run this week"),
        _count("item", "purchases"),
        _count("item", "recent_purchases", description="in the last 4 weeks"),
        _count("item", "weeks_since_sold"),
        _count("item", "households", description="that bought it"),
        _number("item", "repeat_share", description="of those households that bought it again"),
        _count("item", "price", description="dollars paid a piece"),
        _number("item", "discount_share", description="saved / (saved + paid)"),
        _count("item", "quantity_per_purchase"),
        _count("item", "promoted_purchases", description="while promoted in that store"),
        _count("item", "promoted_rate", description="purchases per 10,000 trips to stores that promoted it"),
        _count("item", "category_purchases"),
        _count("item", "type_purchases"),
        _count("item", "manufacturer_purchases", products=("National",)),
        _count("item", "manufacturer_products", products=("National",)),
        _count("item", "manufacturer_price", products=("National",), description="dollars paid a piece"),
    )


def cross_features(tables: Tables) -> tuple[Feature, ...]:
    """In the order of the mask's bits."""
    return (
        _count("cross", "product_purchases", description="of this product by this household"),
        _count("cross", "weeks_since_product"),
        _count("cross", "promoted_purchases", description="of this product by this household while promoted"),
        _count("cross", "category_purchases", description="of this category by this household"),
        _count("cross", "recent_category_purchases", description="in the last 4 weeks"),
        _count("cross", "weeks_since_category"),
        _number("cross", "category_share", description="of the household's purchases"),
        _count("cross", "type_purchases"),
        _count("cross", "weeks_since_type"),
        _count("cross", "manufacturer_purchases"),
        _count("cross", "weeks_since_manufacturer"),
        _count("cross", "store_recent_purchases", description="of this product in this store in the last 4 weeks"),
        _count(
            "cross", "household_coupons", description="for this product in campaigns that reach the household today"
        ),
        _words(tables, "cross", "mailer_location", surfaces=_MAILER, description="in this store"),
        _words(tables, "cross", "display_location", surfaces=_DISPLAY, description="in this store"),
    )


def _words(tables: Tables, side: str, name: str, *, kind: str = "categorical", **rest: Any) -> Feature:
    vocabulary = tuple(word for word in tables.names[WORDS.get(name, name)] if word != NO_LOCATION)
    return Feature(name=name, side=side, kind=kind, dtype="bytes", vocabulary=vocabulary, **rest)


def _ids(side: str, name: str, *, kind: str = "categorical", **rest: Any) -> Feature:
    return Feature(name=name, side=side, kind=kind, dtype="int64", **rest)


def _number(side: str, name: str, **rest: Any) -> Feature:
    return Feature(name=name, side=side, kind="continuous", dtype="float", **rest)


def _count(side: str, name: str, **rest: Any) -> Feature:
    return _number(side, name, count_like=True, **rest)
