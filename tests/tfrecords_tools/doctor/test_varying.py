"""An item feature whose value depends on the request is found; counters and values of the day are left in peace."""

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import CANDIDATES, ITEMS, REQUESTS, table
from tfrecords_tools.doctor.finding import LOOK
from tfrecords_tools.doctor.varying import examine

PAIRS = REQUESTS * CANDIDATES


def _found(change):
    return [(each.level, each.said) for each in examine(table(change))]


def _item(data):
    return np.array([int(item[1:]) for item in data["item_id"]])


def position(data):
    data["item"]["price"] = np.tile(np.arange(CANDIDATES), REQUESTS).astype(np.float32)


def by_surface(data):
    brand = data["item"]["brand"]
    of_search = data["surface"][data["owner"]] == 1
    data["item"]["brand"] = np.where(of_search, np.array([b"s" + one for one in brand], object), brand)


def on_one_surface(data):
    data["item_mask"][data["surface"][data["owner"]] == 1, 1] = False


def counter(data):
    """How often the item was shown before."""
    item = _item(data)
    rank = np.zeros(PAIRS, np.float32)
    for one in range(ITEMS):
        rank[item == one] = np.arange((item == one).sum())
    data["item"]["price"] = rank


def of_the_day(data):
    day = data["timestamp"][data["owner"]] // 86_400
    data["item"]["price"] = ((_item(data) * 7 + day * 3) % 11).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "key"), [(position, "item/price"), (by_surface, "item/brand"), (on_one_surface, "item/price")]
)
def test_what_depends_on_the_request_is_found(change, key) -> None:
    ((level, said),) = _found(change)
    assert level == LOOK
    assert said.startswith(f"{key} changes within a day from one row of an item to its next in ")


@pytest.mark.parametrize("change", [lambda data: None, counter, of_the_day])
def test_what_an_item_has_is_left_in_peace(change) -> None:
    assert _found(change) == []
