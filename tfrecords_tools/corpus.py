"""The item corpus of a log: every item as its last row in time has it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tfrecords_tools.ids import readable
from tfrecords_tools.requests import DataError, Items, Requests


def items_of(requests: Requests) -> Items:
    """The items of requests in order of time, each as its last candidate has it.

    Raises:
        DataError: An item of two products; it is named.
    """
    return _last(requests.items())


def join(parts: Iterable[Items]) -> Items:
    """The items of parts in order of time, in order of identifiers.

    Raises:
        DataError: No part, or an item of two products.
    """
    joined: Items | None = None
    for part in parts:
        joined = part if joined is None else _last(Items.concat([joined, part]))
    if joined is None:
        raise DataError("the logs hold no row")
    return joined.take(np.argsort(joined.item_id, kind="stable"))


def _last(items: Items) -> Items:
    _require_one_product(items)
    last = ~pd.Series(items.item_id).duplicated(keep="last").to_numpy()
    return items.take(np.flatnonzero(last))


def _require_one_product(items: Items) -> None:
    """Refuses an item of two products: the corpus holds an item once, and so would lose one of them."""
    code, _ = pd.factorize(items.item_id)
    first = np.unique(code, return_index=True)[1][code]
    other = np.flatnonzero(items.product != items.product[first])
    if len(other):
        raise DataError(two_products(readable(items.item_id[other[0]])))


def two_products(item: str) -> str:
    """What is said of an item, by its readable identifier, that has two products."""
    return (
        f"item {item}, item/product: one product in all rows of an item, as the corpus holds each item once; it "
        f"has two. Where one creative is sold as two products, make its ids differ, such as {item}-a and {item}-b"
    )
