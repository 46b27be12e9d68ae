"""A bounded sample of distinct items, each once and as it was seen last."""

import numpy as np

from tfrecords_tools.item_profile.token_sketch import hashes_of
from tfrecords_tools.requests import Items

MOST = 4_096  # items of a product


class ItemSample:
    """Of each product, the items whose ids have the smallest hashes: all of up to `most`, else a uniform sample.

    An item counts once however often it was shown, as it does in a corpus; so popular items weigh no more than others,
    and the sample can be compared with a corpus.

    Args:
        products: Number of products.
        most: Items to keep of each.
    """

    def __init__(self, products: int, *, most: int = MOST) -> None:
        self._most = most
        self._kept: list[tuple[np.ndarray, Items] | None] = [None] * products

    def add(self, rows: Items) -> None:
        """Takes in rows of items in the order of time; the same item may come any number of times."""
        hashes = hashes_of(rows.item_id)
        for product, kept in enumerate(self._kept):
            full = kept is not None and len(kept[0]) == self._most
            own = (rows.product == product) & ((hashes <= kept[0][-1]) if full and kept is not None else True)
            if own.any():
                self._kept[product] = self._merged(kept, hashes[own], rows.take(np.flatnonzero(own)))

    def of(self, product: int) -> Items | None:
        """The items of a product; None where there was none."""
        kept = self._kept[product]
        return None if kept is None else kept[1]

    def ids(self, product: int) -> np.ndarray:
        """`[items]` uint64, the hashes of the ids of a product's items."""
        kept = self._kept[product]
        return np.zeros(0, np.uint64) if kept is None else kept[0]

    def _merged(
        self, kept: tuple[np.ndarray, Items] | None, hashes: np.ndarray, rows: Items
    ) -> tuple[np.ndarray, Items]:
        if kept is not None:
            hashes, rows = np.concatenate([kept[0], hashes]), Items.concat([kept[1], rows])
        found, from_end = np.unique(hashes[::-1], return_index=True)
        latest = len(hashes) - 1 - from_end
        return found[: self._most], rows.take(latest[: self._most])
