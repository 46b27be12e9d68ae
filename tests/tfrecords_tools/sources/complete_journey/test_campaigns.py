"""Tests of tfrecords_tools/sources/complete_journey/campaigns.py."""

import numpy as np

from tests.tfrecords_tools.sources.complete_journey.tiny import BREAD, MILK, tiny_tables

CAMPAIGNS = (
    tiny_tables().campaigns
)  # campaign 1: days 8 to 11, household 7, bread twice; 2: days 17 to 19, household 8, milk


def test_a_campaign_runs_from_its_first_to_its_last_day():
    days = np.array([7, 8, 11, 12])
    assert CAMPAIGNS.coupons_on(np.full(4, BREAD), days).tolist() == [0, 2, 2, 0]


def test_a_campaign_reaches_its_households_alone():
    running = CAMPAIGNS.of_household(np.array([7, 8]), np.array([9, 9]))
    assert running.tolist() == [[True, False], [False, False]]
    assert CAMPAIGNS.types_of(running).tolist() == [[True, False], [False, False]]


def test_a_week_holds_the_campaigns_of_any_of_its_days():
    assert [CAMPAIGNS.coupons_in_week(np.array([BREAD, MILK]), week).tolist() for week in (2, 3, 4)] == [
        [0, 0],
        [2, 0],
        [0, 1],
    ]


def test_coupons_of_a_household_need_the_product_the_day_and_the_household():
    found = CAMPAIGNS.coupons_of_household(np.array([BREAD, BREAD, MILK]), np.array([7, 8, 7]), np.array([9, 9, 9]))
    assert found.tolist() == [2, 0, 0]
