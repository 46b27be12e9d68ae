"""Trips and the promoted products they could have bought: one request per trip and surface (paper section 2.2)."""

import dataclasses

import numpy as np

from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.promotions import SURFACES
from tfrecords_tools.sources.complete_journey.sampling import choose, in_share
from tfrecords_tools.sources.complete_journey.tables import Tables


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidates:
    """The candidates of one week, before any feature; it says who was where and what was promoted, not what was bought.

    Attributes:
        week: The week of all requests.
        basket_id, household, store, second, surface: `[requests]` ints; `second` is the wall clock since 1970.
        lengths: `[requests]` candidates of each, at least 1.
        product: `[pairs]` rows of the product table.
        mailer, display: `[pairs]` location codes in that store and week.
        weight: `[pairs]` float32, how many promoted products of the trip that were not bought one candidate stands for.
    """

    week: int
    basket_id: np.ndarray
    household: np.ndarray
    store: np.ndarray
    second: np.ndarray
    surface: np.ndarray
    lengths: np.ndarray
    product: np.ndarray
    mailer: np.ndarray
    display: np.ndarray
    weight: np.ndarray

    @property
    def request(self) -> np.ndarray:
        """The request of each pair."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def day(self) -> np.ndarray:
        """Days since 1 January 2017 of each request."""
        return weeks.day_of(self.second)


def candidates(tables: Tables, week: int, *, households: float, negatives: int, seed: int) -> Candidates:
    """Every bought promoted product of every trip of `week`, and a uniform sample of those not bought.

    Args:
        tables: Tables of the data.
        week: 1 to 53.
        households: Share of the households whose trips are kept.
        negatives: Sample size of products not bought, per trip.
        seed: A trip's sample depends on it and on the trip alone.
    """
    trips = tables.trips[slice(*np.searchsorted(tables.trips.week, [week, week + 1]))]
    start, promoted = tables.promotions.of_store(week, trips.store.to_numpy())
    kept = (promoted > 0) & in_share(trips.household.to_numpy(), households, seed=seed)
    trips, start, promoted = trips[kept], start[kept], promoted[kept]
    bought_trip, bought = _bought(tables, week, trips.basket_id.to_numpy(), start)
    number_bought = np.bincount(bought_trip, minlength=len(trips))
    unbought = promoted - number_bought
    ranks = choose(unbought, negatives, trips.basket_id.to_numpy(), seed=seed)
    left_trip, column = np.nonzero(ranks >= 0)
    left = _skip_bought(ranks[left_trip, column], left_trip, bought_trip, bought, number_bought)
    share = unbought / np.maximum(np.minimum(unbought, negatives), 1)

    trip = np.concatenate([bought_trip, left_trip])
    row = start[trip] + np.concatenate([bought, left])
    weight = np.concatenate([np.ones(len(bought)), share[left_trip]]).astype(np.float32)
    surface = tables.promotions.surface(row)
    # By product, so that the order of a request's candidates says nothing of what was bought.
    order = np.lexsort((row, surface, trip))
    row, weight = row[order], weight[order]
    request, lengths = np.unique(trip[order] * len(SURFACES) + surface[order], return_counts=True)
    visit = {
        name: trips[name].to_numpy()[request // len(SURFACES)] for name in ("basket_id", "household", "store", "second")
    }
    return Candidates(
        week=week,
        **visit,
        surface=request % len(SURFACES),
        lengths=lengths,
        product=tables.promotions.product(row),
        mailer=tables.promotions.mailer[row],
        display=tables.promotions.display[row],
        weight=weight,
    )


def _bought(tables: Tables, week: int, baskets: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trip, and position in the store's list of promotions, of everything bought on promotion; sorted by both."""
    receipts = tables.receipts[slice(*np.searchsorted(tables.receipts.week, [week, week + 1]))]
    receipts = receipts[(receipts.promotion >= 0) & receipts.basket_id.isin(baskets)]
    by_basket = np.argsort(baskets)
    trip = by_basket[np.searchsorted(baskets, receipts.basket_id, sorter=by_basket)]
    place = receipts.promotion.to_numpy() - start[trip]
    order = np.lexsort((place, trip))
    return trip[order], place[order]


def _skip_bought(
    rank: np.ndarray, trip: np.ndarray, bought_trip: np.ndarray, bought: np.ndarray, number_bought: np.ndarray
) -> np.ndarray:
    """Position in the list of the promoted products of the `rank`-th one that was not bought."""
    if len(bought) == 0:
        return rank
    first = np.cumsum(number_bought) - number_bought
    # The i-th bought product is passed by every rank of at least its position less the i bought before it.
    passed_from = bought - (np.arange(len(bought)) - first[bought_trip])
    size = int(max(bought.max(), rank.max(initial=0))) + 1
    passed = np.searchsorted(bought_trip * size + passed_from, trip * size + rank, side="right") - first[trip]
    return rank + passed
