"""What a household and a product have in common before a week: features that only the heavyweight ranker reads."""

import numpy as np

from tfrecords_tools.requests import Column
from tfrecords_tools.sources.complete_journey.candidates import Candidates
from tfrecords_tools.sources.complete_journey.history import History, joint, ratio
from tfrecords_tools.sources.complete_journey.tables import Tables

RECENT_WEEKS = 4
_GROUPS = {"category": "product_category", "type": "product_type", "manufacturer": "manufacturer"}


class CrossFeatures:
    """Features of pairs by name; words as codes, missing as NaN or -1.

    Args:
        tables: The data; only receipts of earlier weeks than a pair's are read for it.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        receipts, products = tables.receipts, tables.products
        household, product = receipts.household.to_numpy(), receipts["product"].to_numpy()
        week = receipts.week
        self._household = History(household, week)
        self._product = History(joint(household, product, size=len(products)), week, promoted=receipts.promotion >= 0)
        self._in_store = History(joint(receipts.store, product, size=len(products)), week)
        self._group = {name: products[column].to_numpy() for name, column in _GROUPS.items()}
        self._size = {name: int(group.max()) + 1 for name, group in self._group.items()}
        self._of_group = {
            name: History(joint(household, group[product], size=self._size[name]), week)
            for name, group in self._group.items()
        }

    def __call__(self, candidates: Candidates) -> dict[str, Column]:
        """One column of `[pairs]` rows per feature."""
        request, week, products = candidates.request, candidates.week, len(self._tables.products)
        household, day = candidates.household[request], candidates.day[request]
        with_product = self._product.before(joint(household, candidates.product, size=products), week)
        in_store = joint(candidates.store[request], candidates.product, size=products)
        coupons = self._tables.campaigns.coupons_of_household(candidates.product, household, day)
        in_campaign = self._tables.campaigns.of_household(household, day).any(axis=1)
        return {
            "product_purchases": with_product.count,
            "weeks_since_product": with_product.weeks_since,
            "promoted_purchases": with_product.total("promoted"),
            **self._groups(candidates.product, household, week),
            "store_recent_purchases": self._in_store.before(in_store, week, last=RECENT_WEEKS).count,
            "household_coupons": np.where(in_campaign, coupons, np.nan),
            "mailer_location": np.where(candidates.mailer > 0, candidates.mailer.astype(np.int64), -1),
            "display_location": np.where(candidates.display > 0, candidates.display.astype(np.int64), -1),
        }

    def _groups(self, product: np.ndarray, household: np.ndarray, week: int) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        for name, history in self._of_group.items():
            group = self._group[name][product]
            key = joint(household, group, size=self._size[name])
            past = history.before(key, week)
            columns[f"{name}_purchases"] = np.where(group < 0, np.nan, past.count)
            columns[f"weeks_since_{name}"] = past.weeks_since
            if name == "category":
                recent = history.before(key, week, last=RECENT_WEEKS).count
                columns["recent_category_purchases"] = np.where(group < 0, np.nan, recent)
                share = ratio(past.count, self._household.before(household, week).count)
                columns["category_share"] = np.where(group < 0, np.nan, share)
        return columns
