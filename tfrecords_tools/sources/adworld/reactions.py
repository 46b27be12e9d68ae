"""True log-odds that a user hides or saves an ad (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.sources.adworld.names import TABLET, VIDEO
from tfrecords_tools.sources.adworld.pairs import Pairs

_HIDE = [-6.05, -6.45, -6.25]  # home_feed, search, related_pin
_REPIN = [-4.95, -5.10, -4.90]


def hide(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: the user hides the ad."""
    loud = (pairs.of_ad("format") == VIDEO) & (pairs.of_visit("device") < TABLET)
    return (
        pairs.by_surface(_HIDE)
        + 0.50 * pairs.of_user("annoyance")
        + 0.45 * pairs.of_ad("intrusiveness")
        + pairs.effect([0.25, 0.10, 0.20]) * np.log1p(pairs.views)
        - 0.25 * pairs.style
        - pairs.effect([1.2, 0.4, 0.7]) * pairs.interest
        - pairs.effect([0.0, 1.3, 0.9]) * pairs.context
        + np.where(loud, 0.4 - 0.3 * pairs.of_user("video_taste"), 0.0)
    )


def repin(pairs: Pairs) -> np.ndarray:
    """`[requests, candidates]`: the user saves the ad to a board."""
    topics, category = pairs.world.topics, pairs.of_ad("category")
    return (
        pairs.by_surface(_REPIN)
        + 0.45 * pairs.of_user("repinner")
        + 0.45 * pairs.of_ad("inspiration")
        + pairs.effect([1.5, 0.8, 1.0]) * pairs.interest
        + pairs.effect([0.0, 0.9, 1.3]) * pairs.context
        + topics.repin_appeal[category]
        + 0.7 * pairs.taste("segment_appeal", pairs.of_user("segment"), category)
    )
