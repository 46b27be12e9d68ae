"""Tests of the features of Complete Journey: by hand, and never from the week they predict."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.tfrecords_tools.sources.complete_journey.tiny import (
    BREAD,
    MILK,
    MYSTERY,
    OWN_BREAD,
    OWN_MILK,
    tiny_frames,
    tiny_tables,
)
from tfrecords_tools.checks import check_items, check_requests
from tfrecords_tools.examples import encode_items, encode_requests
from tfrecords_tools.requests import Items, Ragged, Requests
from tfrecords_tools.sources.complete_journey.candidates import Candidates, candidates
from tfrecords_tools.sources.complete_journey.events import events
from tfrecords_tools.sources.complete_journey.features import Features
from tfrecords_tools.sources.complete_journey.schema import schema
from tfrecords_tools.sources.complete_journey.tables import Tables

TABLES = tiny_tables()
SCHEMA = schema(TABLES)
FEATURES = Features(TABLES, SCHEMA)
ALL = np.array([BREAD, OWN_BREAD, MILK, MYSTERY, OWN_MILK])


def of_week(week: int, tables: Tables = TABLES) -> Candidates:
    return candidates(tables, week, households=1.0, negatives=8, seed=0)


def row(side: str, columns: dict, mask: np.ndarray, index: int) -> dict[str, Any]:
    """Present features of one row; words as text."""
    found = {}
    for bit, feature in enumerate(SCHEMA.features_of(side)):
        if mask[index, bit]:
            column = columns[feature.name]
            ragged = isinstance(column, Ragged)
            value = np.split(column.values, np.cumsum(column.lengths))[index] if ragged else column[index]
            value = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
            found[feature.name] = _text(value)
    return found


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(part) for part in value]
    return value.decode() if isinstance(value, bytes) else value


def test_query_features_by_hand():
    requests = FEATURES.requests(of_week(3))  # request 2: basket 4 on surface both; weeks 1 and 2 are known
    found = row("query", requests.query, requests.query_mask, 2)
    shares = dict(zip(TABLES.names["department"], found.pop("department_shares"), strict=True))
    assert shares == pytest.approx({"DAIRY": 1 / 3, "GROCERY": 2 / 3, "MISC": 0})
    lists = {name: found.pop(name) for name in list(found) if isinstance(found[name], list)}
    assert lists == {
        "campaign_types": ["Type_A"], "top_categories": ["BREAD", "MILK"], "top_types": ["WHITE", "WHOLE"],
        "top_products": [10, 12], "top_manufacturers": [1], "recent_categories": ["BREAD", "MILK"],
    }  # fmt: skip
    assert found == pytest.approx({
        "household_id": 7, "store_id": 5, "weekday": "Tuesday", "hour": 18,
        "age": "25-34", "income": "50-74K", "marital_status": "Married", "household_size": "2",
        "household_comp": "2_Adults", "kids_count": "0",  # home ownership is unknown
        "trips": 2, "recent_trips": 2, "weeks_since_trip": 1, "spend_per_trip": 5.25, "products_per_trip": 1.5,
        "private_share": 0, "promoted_share": 2 / 3, "discount_share": 1.5 / 12, "store_share": 1,
        "coupon_purchases": 0, "campaigns": 1,
        "mailer_products": 4, "display_products": 2,
        "store_mailer_location": "interior feature", "store_display_location": "store front",
    })  # fmt: skip


def test_display_features_are_absent_from_the_mailer():
    requests = FEATURES.requests(of_week(3))
    found = row("query", requests.query, requests.query_mask, 0)
    assert "mailer_products" in found
    assert not {"display_products", "store_display_location"} & set(found)


def test_a_newcomer_has_no_history():
    requests = FEATURES.requests(of_week(1))
    found = row("query", requests.query, requests.query_mask, 0)
    assert {name: found[name] for name in ("trips", "recent_trips", "coupon_purchases")} == {
        "trips": 0, "recent_trips": 0, "coupon_purchases": 0,
    }  # fmt: skip
    assert not {"weeks_since_trip", "spend_per_trip", "private_share", "department_shares", "top_products"} & set(found)


def test_item_features_by_hand():
    items = FEATURES.items(ALL, week=3)
    assert row("item", items.item, items.item_mask, BREAD) == pytest.approx({
        "product_id": 10, "manufacturer_id": 1, "department": "GROCERY", "product_category": "BREAD",
        "product_type": "WHITE", "package_size": "20_OZ", "usual_mailer_location": "front page",
        "usual_display_location": "secondary location", "mailer_stores": 1, "display_stores": 1, "coupons": 2,
        "purchases": 2, "recent_purchases": 2, "weeks_since_sold": 1, "households": 1, "repeat_share": 1,
        "price": 6.5 / 4, "discount_share": 1.5 / 8, "quantity_per_purchase": 2, "promoted_purchases": 2,
        "promoted_rate": 10_000,  # promoted on two trips, bought on both
        "category_purchases": 3, "type_purchases": 3,
        "manufacturer_purchases": 3, "manufacturer_products": 2, "manufacturer_price": 10.5 / 6,
    })  # fmt: skip


def test_an_item_nobody_bought_and_nobody_described():
    items = FEATURES.items(ALL, week=3)
    assert row("item", items.item, items.item_mask, MYSTERY) == pytest.approx({
        "product_id": 13, "manufacturer_id": 3, "department": "MISC", "usual_mailer_location": "interior feature",
        "mailer_stores": 1, "display_stores": 0, "purchases": 0, "recent_purchases": 0, "households": 0,
        "promoted_purchases": 0, "manufacturer_purchases": 0, "manufacturer_products": 1,
    })  # fmt: skip


def test_private_items_have_no_manufacturer_statistics():
    items = FEATURES.items(ALL, week=4)
    found = row("item", items.item, items.item_mask, OWN_MILK)
    assert found["purchases"] == 1
    assert not [name for name in found if name.startswith("manufacturer_") and name != "manufacturer_id"]


def test_cross_features_by_hand():
    requests = FEATURES.requests(of_week(3))
    found = row("cross", requests.cross, requests.cross_mask, 4)  # household 7 and bread on surface both
    assert found == pytest.approx({
        "product_purchases": 2, "weeks_since_product": 1, "promoted_purchases": 2, "category_purchases": 2,
        "recent_category_purchases": 2, "weeks_since_category": 1, "category_share": 2 / 3, "type_purchases": 2,
        "weeks_since_type": 1, "manufacturer_purchases": 3, "weeks_since_manufacturer": 1,
        "store_recent_purchases": 2, "household_coupons": 2, "mailer_location": "front page",
        "display_location": "secondary location",
    })  # fmt: skip


def test_cross_features_of_an_unknown_category_are_missing():
    requests = FEATURES.requests(of_week(3))
    found = row("cross", requests.cross, requests.cross_mask, 1)  # household 7 and the mystery in the mailer
    assert found == {
        "product_purchases": 0, "promoted_purchases": 0, "manufacturer_purchases": 0, "store_recent_purchases": 0,
        "household_coupons": 0, "mailer_location": "interior feature",
    }  # fmt: skip


def test_requests_and_items_keep_the_data_contract():
    for week in (1, 2, 3, 4):
        found = of_week(week)
        check_requests(SCHEMA, FEATURES.requests(found, event=events(TABLES, found)))
    check_items(SCHEMA, FEATURES.items(ALL, week=53))


def test_a_request_is_named_after_basket_and_surface():
    assert FEATURES.requests(of_week(4)).request_id.tolist() == [b"7-mailer"]


def shuffled(receipts: pd.DataFrame) -> pd.DataFrame:
    return receipts.assign(product_id=receipts.product_id.to_numpy()[::-1])


def dearer(receipts: pd.DataFrame) -> pd.DataFrame:
    return receipts.assign(quantity=receipts.quantity + 5, sales_value=receipts.sales_value * 3 + 0.01, coupon_disc=0.7)


def deleted(receipts: pd.DataFrame) -> pd.DataFrame:
    return receipts.iloc[:0]


def elsewhere(receipts: pd.DataFrame) -> pd.DataFrame:
    return receipts.assign(store_id=6, household_id=15 - receipts.household_id)


@pytest.mark.parametrize("week", [2, 3, 4])
@pytest.mark.parametrize("alter", [shuffled, dearer, deleted, elsewhere])
def test_no_feature_sees_the_week_it_predicts_or_a_later_one(week: int, alter):
    frames = tiny_frames()
    receipts = frames["transactions"]
    past, future = receipts[receipts.week < week], receipts[receipts.week >= week]
    altered = Tables.from_frames({**frames, "transactions": pd.concat([past, alter(future)])})
    found = of_week(week)
    assert _bytes(FEATURES.requests(found)) == _bytes(Features(altered, SCHEMA).requests(found))
    assert _bytes(FEATURES.items(ALL, week=week)) == _bytes(Features(altered, SCHEMA).items(ALL, week=week))


def test_features_do_see_the_week_before():
    frames = tiny_frames()
    receipts = frames["transactions"]
    altered = Tables.from_frames({**frames, "transactions": receipts[receipts.week != 2]})
    found = of_week(3)
    assert _bytes(FEATURES.requests(found)) != _bytes(Features(altered, SCHEMA).requests(found))


def _bytes(data: Requests | Items) -> list[bytes]:
    if isinstance(data, Items):
        return list(encode_items(SCHEMA, data))
    return list(encode_requests(SCHEMA, dataclasses.replace(data, event={})))
