"""What is known of a product before a week, its plan included: features of the item side (paper section 2.1.1)."""

import numpy as np

from tfrecords_tools.requests import Column
from tfrecords_tools.sources.complete_journey.coding import BRANDS
from tfrecords_tools.sources.complete_journey.history import History, joint, ratio
from tfrecords_tools.sources.complete_journey.plan import commonest, counts
from tfrecords_tools.sources.complete_journey.tables import Tables
from tfrecords_tools.sources.complete_journey.weeks import WEEKS

RECENT_WEEKS = 4
PER_TRIPS = 10_000  # rates are purchases per so many trips, so that log1p tells them apart


class ItemFeatures:
    """Features of (product, week) by name, from the receipts of all households; words as codes, missing as NaN or -1.

    Args:
        tables: The data; only receipts of earlier weeks than the week asked for are read.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        receipts, self._products = tables.receipts, tables.products
        product, week = receipts["product"].to_numpy(), receipts.week.to_numpy()
        money = {"quantity": receipts.quantity, "paid": receipts.paid, "saved": receipts.saved}
        self._sold = History(product, week, **money)
        self._promoted = History(np.where(receipts.promotion >= 0, product, -1), week)
        self._shown = _shown(tables)
        first, second = _first_purchases(receipts.household.to_numpy(), product, size=len(self._products))
        self._households = History(product[first], week[first])
        self._repeaters = History(product[second], week[second])
        groups = {
            name: self._products[name].to_numpy() for name in ("product_category", "product_type", "manufacturer")
        }
        self._sold_of = {name: History(group[product], week, **money) for name, group in groups.items()}
        self._manufacturer_size = np.bincount(groups["manufacturer"])

    def __call__(self, product: np.ndarray, week: int) -> dict[str, Column]:
        """One column of `[product]` rows per feature; `product` holds sorted distinct rows of the product table."""
        return {
            **self._descriptions(product),
            **self._plan(product, week),
            **self._sales(product, week),
            **self._neighbors(product, week),
        }

    def _descriptions(self, product: np.ndarray) -> dict[str, Column]:
        columns = self._products.iloc[product]
        same = ("product_id", "department", "product_category", "product_type", "package_size")
        return {**{name: columns[name].to_numpy() for name in same}, "manufacturer_id": columns.manufacturer.to_numpy()}

    def _plan(self, product: np.ndarray, week: int) -> dict[str, Column]:
        promotions, rows = self._tables.promotions, self._tables.promotions.of_week(week)
        coupons = self._tables.campaigns.coupons_in_week(product, week)
        columns: dict[str, Column] = {"coupons": np.where(coupons > 0, coupons, np.nan)}
        for kind, location in (("mailer", promotions.mailer[rows]), ("display", promotions.display[rows])):
            table = counts(promotions.product(rows), location, of=product)
            columns[f"{kind}_stores"] = table.sum(axis=1).astype(np.float64)
            columns[f"usual_{kind}_location"] = commonest(table)
        return columns

    def _sales(self, product: np.ndarray, week: int) -> dict[str, Column]:
        sold, shown = self._sold.before(product, week), self._shown.before(product, week).total("trips")
        households = self._households.before(product, week).count
        promoted = self._promoted.before(product, week).count
        return {
            "purchases": sold.count,
            "recent_purchases": self._sold.before(product, week, last=RECENT_WEEKS).count,
            "weeks_since_sold": sold.weeks_since,
            "households": households,
            "repeat_share": ratio(self._repeaters.before(product, week).count, households),
            "price": ratio(sold.total("paid") / 100, sold.total("quantity")),
            "discount_share": ratio(sold.total("saved"), sold.total("saved") + sold.total("paid")),
            "quantity_per_purchase": sold.mean("quantity"),
            "promoted_purchases": promoted,
            "promoted_rate": ratio(promoted * PER_TRIPS, shown),
        }

    def _neighbors(self, product: np.ndarray, week: int) -> dict[str, Column]:
        """Sales of the same category, type and manufacturer."""
        group = {name: self._products[name].to_numpy()[product] for name in self._sold_of}
        past = {name: history.before(group[name], week) for name, history in self._sold_of.items()}
        maker = past["manufacturer"]
        columns = {
            "category_purchases": np.where(group["product_category"] < 0, np.nan, past["product_category"].count),
            "type_purchases": np.where(group["product_type"] < 0, np.nan, past["product_type"].count),
        }
        national = self._products.brand.to_numpy()[product] == BRANDS.index("National")
        of_maker = {
            "manufacturer_purchases": maker.count,
            "manufacturer_products": self._manufacturer_size[group["manufacturer"]],
            "manufacturer_price": ratio(maker.total("paid") / 100, maker.total("quantity")),
        }
        return columns | {name: np.where(national, column, np.nan) for name, column in of_maker.items()}


def _first_purchases(household: np.ndarray, product: np.ndarray, *, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The receipts, given in order of time, that are a household's first and its second purchase of a product."""
    pair = joint(household, product, size=size)
    order = np.argsort(pair, kind="stable")
    new = np.diff(pair[order], prepend=-1) != 0
    second = np.flatnonzero(new[:-1] & ~new[1:]) + 1
    return order[new], order[second]


def _shown(tables: Tables) -> History:
    """How many trips each week went to stores that promoted each product."""
    keys, weeks, trips = [], [], []
    stores = tables.promotions.stores
    for week in range(1, WEEKS + 1):
        rows = tables.promotions.of_week(week)
        visited = tables.trips.store[tables.trips.week == week]
        visits = np.bincount(visited[visited < stores], minlength=stores)
        shown = np.bincount(
            tables.promotions.product(rows), visits[tables.promotions.store(rows)], len(tables.products)
        )
        keys.append(np.flatnonzero(shown))
        weeks.append(np.full(len(keys[-1]), week))
        trips.append(np.rint(shown[keys[-1]]).astype(np.int64))
    return History(np.concatenate(keys), np.concatenate(weeks), trips=np.concatenate(trips))
