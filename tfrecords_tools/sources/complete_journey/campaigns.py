"""Coupon campaigns: which run on a day, which households they reach and which products their coupons are for."""

import numpy as np
import pandas as pd

from tfrecords_tools.sources.complete_journey import weeks


class Campaigns:
    """Small matrices with one column per campaign.

    Args:
        descriptions: campaign_id, campaign_type, start_date, end_date (last day included).
        members: campaign_id, household_id.
        coupons: campaign_id, coupon_upc, product (a row of the product table).
        types: Names of the campaign types, in code order.
        households, products: Sizes of the id spaces.
    """

    def __init__(
        self,
        descriptions: pd.DataFrame,
        members: pd.DataFrame,
        coupons: pd.DataFrame,
        *,
        types: tuple[str, ...],
        households: int,
        products: int,
    ) -> None:
        descriptions = descriptions.sort_values("campaign_id")
        ids = pd.Index(descriptions.campaign_id)
        day = weeks.FIRST_DAY + np.arange(weeks.DAYS)[:, None]
        self._running = (descriptions.start_date.to_numpy() <= day) & (day <= descriptions.end_date.to_numpy())
        self._type = np.array([types.index(name) for name in descriptions.campaign_type])
        self._types = len(types)
        self._member = np.zeros((households, len(ids)), bool)
        self._member[members.household_id, ids.get_indexer(members.campaign_id)] = True
        coupons = coupons.drop_duplicates(["campaign_id", "coupon_upc", "product"])
        self._coupons = np.zeros((products, len(ids)), np.int32)
        np.add.at(self._coupons, (coupons["product"], ids.get_indexer(coupons.campaign_id)), 1)

    def of_household(self, household: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Campaigns that run on `day` for `household`: `[rows, campaigns]` bool."""
        return self._member[household] & self._running[day]

    def types_of(self, campaigns: np.ndarray) -> np.ndarray:
        """Types of the campaigns marked in `[rows, campaigns]`: `[rows, types]` bool."""
        return np.stack([campaigns[:, self._type == code].any(axis=1) for code in range(self._types)], axis=1)

    def coupons_on(self, product: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Number of coupons, `[rows]`, for `product` in campaigns that run on `day`."""
        return (self._coupons[product] * self._running[day]).sum(axis=1)

    def coupons_in_week(self, product: np.ndarray, week: int) -> np.ndarray:
        """Number of coupons, `[rows]`, for `product` in campaigns that run on some day of `week`."""
        days = slice(weeks.first_day_of(week), weeks.first_day_of(week + 1))
        return self._coupons[product] @ self._running[days].any(axis=0).astype(np.int32)

    def coupons_of_household(self, product: np.ndarray, household: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Number of coupons, `[rows]`, for `product` in campaigns that run on `day` for `household`."""
        return (self._coupons[product] * self.of_household(household, day)).sum(axis=1)
