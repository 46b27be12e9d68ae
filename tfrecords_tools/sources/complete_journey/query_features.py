"""What is known of a household and a store before a visit: features of the query side (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.partition import SECONDS_A_DAY
from tfrecords_tools.requests import Column, Ragged, column_take
from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.candidates import Candidates
from tfrecords_tools.sources.complete_journey.coding import BRANDS, DEMOGRAPHICS
from tfrecords_tools.sources.complete_journey.favorites import Favorites
from tfrecords_tools.sources.complete_journey.history import History, joint, ratio
from tfrecords_tools.sources.complete_journey.plan import commonest, counts
from tfrecords_tools.sources.complete_journey.tables import Tables

TOP = 20
RECENT_WEEKS = 4
_VERY_RECENT_WEEKS = 2


class QueryFeatures:
    """Features of requests by name; words as codes, missing as NaN, -1 or no token.

    Args:
        tables: The data; only receipts of earlier weeks than a request's are read for it.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        receipts, trips, products = tables.receipts, tables.trips, tables.products
        household, week = receipts.household.to_numpy(), receipts.week.to_numpy()
        bought = {
            name: products[name].to_numpy()[receipts["product"]] for name in ("brand", "department", "manufacturer")
        }
        self._trips = History(trips.household, trips.week)
        self._trips_to = History(joint(trips.household, trips.store, size=tables.stores), trips.week)
        self._receipts = History(
            household,
            week,
            paid=receipts.paid,
            saved=receipts.saved,
            coupon=receipts.coupon,
            promoted=receipts.promotion >= 0,
            private=bought["brand"] == BRANDS.index("Private"),
        )
        self._departments = len(tables.names["department"])
        self._department = History(joint(household, bought["department"], size=self._departments), week)
        tokens = {
            "categories": products.product_category.to_numpy()[receipts["product"]],
            "types": products.product_type.to_numpy()[receipts["product"]],
            "products": receipts["product"].to_numpy(),
            "manufacturers": bought["manufacturer"],
        }
        self._favorites = {name: Favorites(household, token, week) for name, token in tokens.items()}

    def __call__(self, candidates: Candidates) -> dict[str, Column]:
        """One column of `[requests]` rows per feature."""
        households, of_household = np.unique(candidates.household, return_inverse=True)
        known = self._of_households(households, candidates.week)
        columns: dict[str, Column] = {name: column_take(column, of_household) for name, column in known.items()}
        columns |= self._of_visits(candidates)
        columns |= self._of_stores(candidates.store, candidates.week)
        return columns

    def _of_households(self, household: np.ndarray, week: int) -> dict[str, Column]:
        trips, receipts = self._trips.before(household, week), self._receipts.before(household, week)
        department = joint(household[:, None], np.arange(self._departments), size=self._departments)
        in_department = self._department.before(department.reshape(-1), week).count.reshape(department.shape)
        top = {f"top_{name}": kind.top(household, week, size=TOP) for name, kind in self._favorites.items()}
        top["top_products"] = self._product_ids(top["top_products"])
        recent = self._favorites["categories"].top(household, week, size=TOP, last=_VERY_RECENT_WEEKS)
        return {
            "household_id": household,
            **{name: self._tables.demographics[name].to_numpy()[household] for name in DEMOGRAPHICS},
            "trips": trips.count,
            "recent_trips": self._trips.before(household, week, last=RECENT_WEEKS).count,
            "weeks_since_trip": trips.weeks_since,
            "spend_per_trip": ratio(receipts.total("paid") / 100, trips.count),
            "products_per_trip": ratio(receipts.count, trips.count),
            "private_share": receipts.mean("private"),
            "promoted_share": receipts.mean("promoted"),
            "discount_share": ratio(receipts.total("saved"), receipts.total("saved") + receipts.total("paid")),
            "coupon_purchases": receipts.total("coupon"),
            "department_shares": in_department / np.where(receipts.count > 0, receipts.count, np.nan)[:, None],
            **top,
            "recent_categories": recent,
        }

    def _product_ids(self, products: Ragged) -> Ragged:
        return Ragged(self._tables.products.product_id.to_numpy()[products.values], products.lengths)

    def _of_visits(self, candidates: Candidates) -> dict[str, Column]:
        campaigns = self._tables.campaigns.of_household(candidates.household, candidates.day)
        types = self._tables.campaigns.types_of(campaigns)
        running = campaigns.sum(axis=1)
        in_store = joint(candidates.household, candidates.store, size=self._tables.stores)
        trips = self._trips.before(candidates.household, candidates.week).count
        return {
            "weekday": weeks.weekday_of(candidates.day),
            "hour": candidates.second % SECONDS_A_DAY // 3600,
            "store_id": candidates.store,
            "store_share": ratio(self._trips_to.before(in_store, candidates.week).count, trips),
            "campaigns": np.where(running > 0, running, np.nan),
            "campaign_types": Ragged(np.nonzero(types)[1], types.sum(axis=1)),
        }

    def _of_stores(self, store: np.ndarray, week: int) -> dict[str, Column]:
        promotions, rows = self._tables.promotions, self._tables.promotions.of_week(week)
        stores, of_store = np.unique(store, return_inverse=True)
        columns: dict[str, Column] = {}
        for kind, location in (("mailer", promotions.mailer[rows]), ("display", promotions.display[rows])):
            table = counts(promotions.store(rows), location, of=stores)
            columns[f"{kind}_products"] = table.sum(axis=1).astype(np.float64)[of_store]
            columns[f"store_{kind}_location"] = commonest(table)[of_store]
        return columns
