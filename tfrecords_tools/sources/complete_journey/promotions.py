"""Which product was promoted in which store and week, and where: the plan that is known before the week begins."""

import numpy as np
import pandas as pd

from tfrecords_tools.sources.complete_journey.weeks import WEEKS

# Code 0 is "none"; the position in these tuples is the code used from here on.
NO_LOCATION = "none"
MAILER_LOCATIONS = {
    "0": NO_LOCATION,
    "A": "interior feature",
    "C": "interior line",
    "D": "front page",
    "F": "back page",
    "H": "wrap front",
    "J": "wrap coupon",
    "L": "wrap back",
    "P": "interior coupon",
    "X": "free interior",
    "Z": "free front, back or wrap",
}
DISPLAY_LOCATIONS = {
    "0": NO_LOCATION,
    "1": "store front",
    "2": "store rear",
    "3": "front end cap",
    "4": "mid-aisle end cap",
    "5": "rear end cap",
    "6": "side-aisle end cap",
    "7": "in-aisle",
    "9": "secondary location",
    "A": "in-shelf",
}
SURFACES = ("mailer", "display", "both")
MAILER, DISPLAY, BOTH = range(3)


class Promotions:
    """All placements, sorted by week, store and product; a row is a placement's index in that order.

    Args:
        week, store, product: `[placements]` ints; a repeated key keeps the location other than none of each kind.
        mailer, display: `[placements]` indices into the locations, 0 for none.
        products: Number of products.
    """

    def __init__(
        self,
        week: np.ndarray,
        store: np.ndarray,
        product: np.ndarray,
        mailer: np.ndarray,
        display: np.ndarray,
        *,
        products: int,
    ) -> None:
        self.products = products
        self.stores = int(store.max()) + 1
        packed = self._key(week.astype(np.int64), store, product) * 256 + mailer.astype(np.int64) * 16 + display
        packed.sort()
        key = packed // 256
        first = np.flatnonzero(np.diff(key, prepend=-1))
        self._sorted = key[first]
        self.mailer = np.maximum.reduceat((packed // 16 % 16).astype(np.uint8), first)
        self.display = np.maximum.reduceat((packed % 16).astype(np.uint8), first)
        cells = np.arange((WEEKS + 1) * self.stores + 1, dtype=np.int64)
        self._starts = np.searchsorted(self._sorted, cells * products)

    def __len__(self) -> int:
        return len(self._sorted)

    def _key(self, week: np.ndarray, store: np.ndarray, product: np.ndarray) -> np.ndarray:
        return (week * self.stores + store) * self.products + product

    def product(self, rows: np.ndarray | slice) -> np.ndarray:
        """Products of some rows."""
        return self._sorted[rows] % self.products

    def store(self, rows: np.ndarray | slice) -> np.ndarray:
        """Stores of some rows."""
        return self._sorted[rows] // self.products % self.stores

    def distinct_products(self) -> np.ndarray:
        """Products promoted anywhere in the year, sorted."""
        return np.flatnonzero(np.bincount(self.product(slice(None)), minlength=self.products))

    def distinct_stores(self) -> np.ndarray:
        """Stores that promote anything in the year, sorted."""
        cells = np.flatnonzero(np.diff(self._starts))
        return np.unique(cells % self.stores)

    def of_week(self, week: int) -> slice:
        """The rows of one week."""
        return slice(int(self._starts[week * self.stores]), int(self._starts[(week + 1) * self.stores]))

    def of_store(self, week: np.ndarray | int, store: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First row and number of rows of a week in a store; 0 rows in a store that promotes nothing."""
        known = np.asarray(store) < self.stores
        cell = np.where(known, week * self.stores + store, 0)
        return self._starts[cell], np.where(known, self._starts[cell + 1] - self._starts[cell], 0)

    def find(self, week: np.ndarray, store: np.ndarray, product: np.ndarray) -> np.ndarray:
        """The row of each (week, store, product), -1 where it was not promoted."""
        key = self._key(week.astype(np.int64), store, product)
        row = np.minimum(np.searchsorted(self._sorted, key), len(self) - 1)
        return np.where((self._sorted[row] == key) & (store < self.stores), row, -1)

    def surface(self, rows: np.ndarray) -> np.ndarray:
        """Index into `SURFACES` of some rows."""
        return np.where(self.mailer[rows] == 0, DISPLAY, np.where(self.display[rows] == 0, MAILER, BOTH))


def location_codes(column: pd.Series, locations: dict[str, str]) -> np.ndarray:
    """A column of one-letter codes as positions `[rows]` in `locations`.

    Raises:
        ValueError: A code that is not in `locations`.
    """
    column = column.astype("category")
    known = list(locations)
    unknown = sorted(set(column.cat.categories) - set(known))
    if unknown:
        raise ValueError(f"column {column.name}: codes {unknown} are not among {known}")
    return np.array([known.index(code) for code in column.cat.categories], np.uint8)[column.cat.codes]
