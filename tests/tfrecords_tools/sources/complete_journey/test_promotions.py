"""Tests of tfrecords_tools/sources/complete_journey/promotions.py."""

import numpy as np
import pandas as pd
import pytest

from tests.tfrecords_tools.sources.complete_journey.tiny import BREAD, MILK, MYSTERY, OWN_BREAD, OWN_MILK, tiny_tables
from tfrecords_tools.sources.complete_journey.plan import commonest, counts
from tfrecords_tools.sources.complete_journey.promotions import (
    BOTH,
    DISPLAY,
    DISPLAY_LOCATIONS,
    MAILER,
    MAILER_LOCATIONS,
    location_codes,
)

PROMOTIONS = tiny_tables().promotions


def rows_of(week: int, store: int) -> np.ndarray:
    start, number = PROMOTIONS.of_store(week, np.array([store]))
    return np.arange(start[0], start[0] + number[0])


def test_two_rows_of_one_key_become_one_with_both_locations():
    row = rows_of(3, 5)[0]
    assert len(PROMOTIONS) == 9  # 10 rows, one key twice
    assert PROMOTIONS.product(row) == BREAD
    assert list(MAILER_LOCATIONS.values())[PROMOTIONS.mailer[row]] == "front page"
    assert list(DISPLAY_LOCATIONS.values())[PROMOTIONS.display[row]] == "secondary location"


def test_a_store_lists_its_products_in_order():
    assert PROMOTIONS.product(rows_of(3, 5)).tolist() == [BREAD, OWN_BREAD, MILK, MYSTERY, OWN_MILK]
    assert PROMOTIONS.product(rows_of(2, 6)).tolist() == [OWN_BREAD]


def test_surfaces_follow_from_the_locations():
    assert PROMOTIONS.surface(rows_of(3, 5)).tolist() == [BOTH, MAILER, DISPLAY, MAILER, MAILER]


def test_a_store_without_promotions_has_no_rows():
    assert len(rows_of(3, 6)) == 0
    assert len(rows_of(3, 9)) == 0  # beyond every store that promotes


def test_find_gives_the_row_or_minus_one():
    found = PROMOTIONS.find(np.array([3, 3, 3]), np.array([5, 6, 9]), np.array([MILK, MILK, MILK]))
    assert found.tolist() == [rows_of(3, 5)[2], -1, -1]


def test_distinct_stores_and_products():
    assert PROMOTIONS.distinct_stores().tolist() == [5, 6]
    assert PROMOTIONS.distinct_products().tolist() == [BREAD, OWN_BREAD, MILK, MYSTERY, OWN_MILK]


def test_an_unknown_location_is_refused():
    with pytest.raises(ValueError, match=r"column mailer_location: codes \['Q'\] are not among \['0', 'A', 'C'"):
        location_codes(pd.Series(["A", "Q"], name="mailer_location"), MAILER_LOCATIONS)


def test_commonest_location_leaves_out_none_and_strangers():
    owner, location = np.array([4, 4, 4, 4, 4, 8, 9]), np.array([0, 0, 2, 2, 1, 0, 3])
    table = counts(owner, location, of=np.array([4, 8]))
    assert table.sum(axis=1).tolist() == [3, 0]
    assert commonest(table).tolist() == [2, -1]
