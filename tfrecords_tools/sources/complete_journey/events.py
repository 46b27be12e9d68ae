"""What happened on the trip: the user's actions as nested events (paper section 2.3)."""

import numpy as np

from tfrecords_tools.sources.complete_journey.candidates import Candidates
from tfrecords_tools.sources.complete_journey.coding import BRANDS
from tfrecords_tools.sources.complete_journey.history import joint
from tfrecords_tools.sources.complete_journey.tables import Tables


def events(tables: Tables, candidates: Candidates) -> dict[str, np.ndarray]:
    """`{task: [pairs] int64}`: 1, 0, or -1 where it was not observed.

    A product without a category has no `category` event, and so none of the events below it. `coupon` is observed for
    National products with a coupon in a campaign that runs on the day.
    """
    baskets, trip = np.unique(candidates.basket_id, return_inverse=True)
    trip = trip[candidates.request]
    receipts = tables.receipts[slice(*np.searchsorted(tables.receipts.week, [candidates.week, candidates.week + 1]))]
    receipts = receipts[receipts.basket_id.isin(baskets)]
    bought_trip = np.searchsorted(baskets, receipts.basket_id)
    line = _find(
        joint(bought_trip, receipts["product"].to_numpy(), size=len(tables.products)),
        joint(trip, candidates.product, size=len(tables.products)),
    )
    buy = line >= 0
    category = tables.products.product_category.to_numpy()
    categories = len(tables.names["product_category"])
    in_category = np.isin(
        joint(trip, category[candidates.product], size=categories),
        joint(bought_trip, category[receipts["product"]], size=categories),
    )
    multi, coupon = (np.append(column, False)[line] for column in (receipts.quantity >= 2, receipts.coupon))
    known = category[candidates.product] >= 0
    running = tables.campaigns.coupons_on(candidates.product, candidates.day[candidates.request]) > 0
    national = tables.products.brand.to_numpy()[candidates.product] == BRANDS.index("National")
    happened = {"category": in_category, "buy": buy, "multi": multi, "coupon": coupon}
    observed = {"category": known, "buy": known, "multi": known, "coupon": known & running & national}
    return {task: np.where(observed[task], happened[task], -1).astype(np.int64) for task in happened}


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The index of each wanted key among `keys`, -1 where it is not there."""
    if len(keys) == 0:
        return np.full(len(wanted), -1)
    order = np.argsort(keys)
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[place] == wanted, place, -1)
