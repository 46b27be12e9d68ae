"""The package's data frames as small ints: words by their index in a vocabulary, products by their row."""

import numpy as np
import pandas as pd

from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.promotions import (
    DISPLAY_LOCATIONS,
    MAILER_LOCATIONS,
    Promotions,
    location_codes,
)

BRANDS = ("National", "Private")
DEMOGRAPHICS = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
DESCRIPTIONS = ("department", "product_category", "product_type", "package_size")
_RECEIPT = ("basket_id", "household", "store", "week", "product", "quantity", "paid", "saved", "coupon", "promotion")
_TRIP = ("basket_id", "household", "store", "week", "second")


def vocabulary(column: pd.Series) -> tuple[str, ...]:
    """The words of a column, most frequent first, ties by name."""
    counts = column.dropna().value_counts()
    return tuple(sorted(counts.index, key=lambda word: (-counts[word], word)))


def _codes(column: pd.Series, names: tuple[str, ...]) -> np.ndarray:
    return pd.Categorical(column, categories=names).codes.astype(np.int32)


def code_products(frame: pd.DataFrame, names: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    """The product table by product_id, described by codes into `names`."""
    frame = frame.sort_values("product_id", ignore_index=True)
    columns = {name: _codes(frame[name], names[name]) for name in DESCRIPTIONS}
    brand = _codes(frame.brand, BRANDS)
    return pd.DataFrame(
        {"product_id": frame.product_id, "manufacturer": frame.manufacturer_id, "brand": brand, **columns}
    )


def product_rows(products: pd.DataFrame, product_id: pd.Series) -> np.ndarray:
    """The row, `[rows]`, of each product in the coded product table, -1 where it is not there."""
    known = products.product_id.to_numpy()
    row = np.minimum(np.searchsorted(known, product_id.to_numpy()), len(known) - 1)
    return np.where(known[row] == product_id.to_numpy(), row, -1)


def code_promotions(frame: pd.DataFrame, products: pd.DataFrame) -> Promotions:
    """The placements of known products."""
    product = product_rows(products, frame.product_id)
    known = (product >= 0) & (products.brand.to_numpy()[product] >= 0)
    week, store = frame.week.to_numpy()[known], frame.store_id.to_numpy()[known]
    mailer = location_codes(frame.mailer_location, MAILER_LOCATIONS)[known]
    display = location_codes(frame.display_location, DISPLAY_LOCATIONS)[known]
    return Promotions(week, store, product[known], mailer, display, products=len(products))


def code_receipts(
    frame: pd.DataFrame, products: pd.DataFrame, promotions: Promotions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trips, and the receipts of known products; both in order of time."""
    frame = frame.rename(columns={"household_id": "household", "store_id": "store"})
    trips = frame.drop_duplicates("basket_id")
    trips = trips.assign(second=weeks.wall_clock(trips.transaction_timestamp))
    trips = trips.sort_values(["week", "second", "basket_id"], ignore_index=True)
    frame = frame.assign(
        product=product_rows(products, frame.product_id),
        paid=_cents(frame.sales_value),
        saved=_cents(frame.retail_disc + frame.coupon_disc + frame.coupon_match_disc),
        coupon=(frame.coupon_disc > 0) | (frame.coupon_match_disc > 0),
        second=frame.transaction_timestamp,
    )
    receipts = frame[frame["product"] >= 0].sort_values(["week", "second", "basket_id", "product"], ignore_index=True)
    keys = (receipts[name].to_numpy() for name in ("week", "store", "product"))
    receipts["promotion"] = promotions.find(*keys)
    return trips[list(_TRIP)], receipts[list(_RECEIPT)]


def _cents(dollars: pd.Series) -> np.ndarray:
    return np.rint(dollars.to_numpy() * 100).astype(np.int64)


def code_demographics(frame: pd.DataFrame, names: dict[str, tuple[str, ...]], households: int) -> pd.DataFrame:
    """The codes of each household, -1 where unknown; one row per id."""
    columns = {name: np.full(households, -1, np.int32) for name in DEMOGRAPHICS}
    for name, column in columns.items():
        column[frame.household_id] = _codes(frame[name], names[name])
    return pd.DataFrame(columns)
