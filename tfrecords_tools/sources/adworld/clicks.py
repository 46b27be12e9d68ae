"""True log-odds of a click, and after it of a good click, an outbound click and a conversion (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.sources.adworld.names import CONVERSIONS, DESKTOP, VIDEO
from tfrecords_tools.sources.adworld.pairs import Pairs

# Rows are home_feed, search, related_pin; columns are standard, shopping.
_CLICK = [[-4.75, -4.60], [-4.00, -4.05], [-4.35, -4.40]]
_GOOD_CLICK = [[-0.25, -0.25], [-0.10, -0.10], [-0.15, -0.15]]
_OUTBOUND_CLICK = [-0.60, -0.40, -0.50]
_CONVERSION = [[-3.75, -3.30], [-3.60, -3.25], [-3.65, -3.20]]


def click(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: the user clicks."""
    visits = pairs.visits
    category = pairs.of_ad("category")
    everywhere = (
        0.40 * pairs.of_user("clicker")
        + 0.40 * pairs.of_ad("quality")
        + 0.25 * pairs.style
        + pairs.taste("hour_appeal", pairs.of_visit("hour"), category)
        + pairs.taste("segment_appeal", pairs.of_user("segment"), category)
        + pairs.taste("format_on_device", pairs.of_visit("device"), pairs.of_ad("format"))
    )
    typed = pairs.of_visit("entry_point") % 2 == 0
    wanted = pairs.effect([1.5, 0.4, 0.8]) * pairs.interest
    sought = pairs.effect([0.0, 1.3, 1.2]) * pairs.context * np.where(typed, 1.1, 0.9)
    tired = pairs.effect([0.22, 0.0, 0.10]) * np.log1p(pairs.views)
    named = 0.30 * np.minimum(pairs.shared_terms, 2)
    popular_seed = 0.08 * (np.log1p(visits.seed_saves) * (visits.seed_saves > 0))[:, None]
    product = pairs.by_product(standard=_standard_click(pairs), shopping=_shopping_click(pairs))
    return pairs.by_slice(_CLICK) + everywhere + wanted + sought - tired + named + popular_seed + product


def _shopping_click(pairs: Pairs) -> np.ndarray:
    """Dear products repel, discounts attract, more so where people shop; a seed pin with a price leads to its like."""
    seed_log_price = pairs.of_visit("seed_log_price")
    unlike = np.abs(pairs.of_ad("log_price") - np.nan_to_num(seed_log_price))
    like_seed = np.where(np.isnan(seed_log_price), 0.0, 0.9 - 0.5 * unlike)
    dear = pairs.effect([0.20, 0.40, 0.25]) * pairs.of_user("price_sensitivity") * np.clip(pairs.price_gap, -2.0, 2.0)
    return like_seed - dear + 0.8 * pairs.of_user("price_sensitivity") * pairs.of_ad("discount")


def _standard_click(pairs: Pairs) -> np.ndarray:
    """Videos are a matter of taste on the feeds and in the way on search."""
    video = pairs.of_ad("format") == VIDEO
    return np.where(
        video,
        pairs.effect([0.45, 0.0, 0.30]) * pairs.of_user("video_taste") - pairs.effect([0.0, 0.4, 0.0]),
        0.0,
    )


def good_click(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: given a click, it lasts longer than 30 seconds."""
    phone = pairs.of_visit("device") < DESKTOP
    slow = np.where(phone, 0.18, 0.06) * (pairs.of_ad("load_seconds") - 2.4)
    shopping = 0.5 * (pairs.of_ad("rating") - 4.1) - 0.2 * pairs.of_user("price_sensitivity") * np.clip(
        pairs.price_gap, -2.0, 2.0
    )
    return (
        pairs.by_slice(_GOOD_CLICK)
        + 0.40 * pairs.of_user("patience")
        + 0.40 * pairs.of_ad("landing_quality")
        + pairs.effect([0.7, 0.1, 0.2]) * pairs.interest
        + pairs.effect([0.0, 0.5, 0.4]) * pairs.context
        + pairs.by_product(standard=-slow, shopping=shopping)
    )


def outbound_click(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: given a click on a standard ad, the user goes to the advertiser's site."""
    landing = pairs.world.topics.landing_on_device[pairs.of_visit("device"), pairs.of_ad("landing_type")]
    return (
        pairs.by_surface(_OUTBOUND_CLICK)
        + 0.40 * pairs.of_user("outbound")
        + 0.25 * pairs.of_ad("landing_quality")
        + 0.25 * pairs.style
        + 0.15 * (pairs.of_ad("call_to_action") - 2.0)
        + 0.30 * pairs.interest
        + landing
    )


def conversion(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: given a click, the user buys or signs up."""
    dear = 0.30 * pairs.of_user("price_sensitivity") * np.clip(pairs.price_gap, -2.0, 2.0)
    shopping = 0.4 * (pairs.of_ad("rating") - 4.1) - dear - np.where(pairs.of_ad("in_stock"), 0.0, 1.5)
    standard = np.where(pairs.of_ad("objective") == CONVERSIONS, 0.6, 0.0)
    return (
        pairs.by_slice(_CONVERSION)
        + 0.40 * pairs.of_user("shopper")
        + 0.20 * pairs.of_ad("landing_quality")
        + 0.30 * pairs.interest
        + 0.30 * pairs.context
        + np.where(pairs.of_user("country") == pairs.of_ad("country"), 0.4, 0.0)
        + pairs.by_product(standard=standard, shopping=shopping)
    )
