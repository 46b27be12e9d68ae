"""The item corpus of a log: every item as its last row in time has it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tfrecords_tools.requests import DataError, Items, Requests


def items_of(requests: Requests) -> Items:
    """The items of requests in order of time, each as its last candidate has it."""
    items = Items(item_id=requests.item_id, product=requests.product, item=requests.item, item_mask=requests.item_mask)
    return _last(items)


def join(parts: Iterable[Items]) -> Items:
    """The items of parts in order of time, in order of identifiers.

    Raises:
        DataError: No part.
    """
    joined: Items | None = None
    for part in parts:
        joined = part if joined is None else _last(Items.concat([joined, part]))
    if joined is None:
        raise DataError("the logs hold no row")
    return joined.take(np.argsort(joined.item_id, kind="stable"))


def _last(items: Items) -> Items:
    last = ~pd.Series(items.item_id).duplicated(keep="last").to_numpy()
    return items.take(np.flatnonzero(last))
