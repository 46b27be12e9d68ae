"""Long candidate lists, retrieved by query terms, topics, budgets and chance as a platform does (paper section 1)."""

import numpy as np

from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.ads import Ads
from tfrecords_tools.sources.adworld.names import HOME_FEED, TERMS
from tfrecords_tools.sources.adworld.seeds import uniforms
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World

_BY_TERMS, _BY_CONTEXT, _BY_INTEREST, _BY_SPEND, _BY_CHANCE = 0.20, 0.25, 0.25, 0.20, 0.10  # shares of the mix
_SHARPNESS = 8.0  # an ad of the same topic is drawn e^8 times as often as one of an unrelated topic
_CELLS = 2**19  # requests x ads at once, 4 MiB an array


def retrieve(world: World, visits: Visits, *, count: int, first: int, day: int) -> np.ndarray:
    """`[requests, count]` indices of ads, distinct and ascending within a request.

    Each request draws `count` ads without replacement. An ad's weight is a mixture of five sources: the terms that it
    shares with the query, its topic beside the query's or the seed pin's, its topic beside the user's interests, what
    its advertiser spends (impressions x bid), and chance. The first two are empty on home_feed, the first wherever no
    ad has a term of the query; the other sources then share their part. A draw is an exponential race: the `count`
    smallest of `-ln(u) / weight` (Efraimidis and Spirakis 2006).

    Args:
        world: The world whose ads are retrieved.
        visits: The requests.
        count: Candidates of each request, at most the world's ads.
        first: Number of the first request. A request's numbers depend on the world's seed, `day` and its own number
            alone, so the cut of requests into calls changes nothing.
        day: The day of the requests.

    Raises:
        DataError: `count` is below 1 or above the number of ads.
    """
    ads = len(world.ads)
    if not 1 <= count <= ads:
        raise DataError(f"candidates must be 1 to {ads} (the ads of this world), got {count}")
    postings = _postings(world.ads)
    spend = world.ads.impressions * world.ads.bid
    anywhere = _BY_SPEND * spend / spend.sum() + _BY_CHANCE / ads
    chosen = np.empty((len(visits), count), dtype=np.int64)
    rows = max(1, _CELLS // ads)
    for start in range(0, len(visits), rows):
        at = np.arange(start, min(start + rows, len(visits)))
        weight = anywhere + _matching(world, visits, at, postings)
        race = uniforms(world.seed, "long lists", day, first=first + start, rows=len(at), each=ads)
        np.log1p(-race, out=race)  # of 1 - u, which is never 0
        race /= -weight
        best = np.argpartition(race, count - 1, axis=1)[:, :count]
        chosen[at] = np.sort(best, axis=1)
    return chosen


def _matching(world: World, visits: Visits, at: np.ndarray, postings: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """`[requests, ads]`: the weight that the query's terms, the context and the interests give, of the visits `at`."""
    user, ads = visits.user[at], len(world.ads)
    weight = _BY_INTEREST * _near(world.users.interest[user], world.ads.topic)
    elsewhere = visits.surface[at] != HOME_FEED
    weight[elsewhere] += _BY_CONTEXT * _near(visits.context[at[elsewhere]], world.ads.topic)
    shared = _shared_terms(visits.query_terms[at], postings, ads)
    return weight + _BY_TERMS * shared / np.maximum(shared.sum(axis=1, keepdims=True), 1)


def _near(topic: np.ndarray, of_ad: np.ndarray) -> np.ndarray:
    """`[requests, ads]` shares, rows sum to 1, that rise with the cosine of unit `topic`, `[requests, TOPIC_SIZE]`."""
    near = np.exp(_SHARPNESS * (topic @ of_ad.T))
    return near / near.sum(axis=1, keepdims=True)


def _postings(ads: Ads) -> tuple[np.ndarray, np.ndarray]:
    """The ads of term t are `ad[start[t]:start[t + 1]]`: `(start [terms + 1], ad [keywords])`."""
    ad, slot = np.nonzero(ads.keywords >= 0)
    term = ads.keywords[ad, slot]
    return np.searchsorted(np.sort(term), np.arange(len(TERMS) + 1)), ad[np.argsort(term, kind="stable")]


def _shared_terms(query_terms: np.ndarray, postings: tuple[np.ndarray, np.ndarray], ads: int) -> np.ndarray:
    """`[requests, ads]`: how many terms of the query, `[requests, QUERY_TERMS]`, are keywords of the ad."""
    start, ad = postings
    row, slot = np.nonzero(query_terms >= 0)
    term = query_terms[row, slot]
    found = start[term + 1] - start[term]
    place = np.arange(found.sum()) - np.repeat(found.cumsum() - found, found)  # within each term's ads
    cell = np.repeat(row, found) * ads + ad[np.repeat(start[term], found) + place]
    return np.bincount(cell, minlength=len(query_terms) * ads).reshape(len(query_terms), ads)
