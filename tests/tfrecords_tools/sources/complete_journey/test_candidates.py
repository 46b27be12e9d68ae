"""Tests of tfrecords_tools/sources/complete_journey/candidates.py and events.py."""

import numpy as np
import pytest

from tests.tfrecords_tools.sources.complete_journey.tiny import BREAD, MILK, MYSTERY, OWN_BREAD, OWN_MILK, tiny_tables
from tfrecords_tools.sources.complete_journey.candidates import Candidates, candidates
from tfrecords_tools.sources.complete_journey.events import events
from tfrecords_tools.sources.complete_journey.promotions import BOTH, DISPLAY, MAILER

TABLES = tiny_tables()


def of_week(week: int, *, negatives: int = 8, households: float = 1.0, seed: int = 0) -> Candidates:
    return candidates(TABLES, week, households=households, negatives=negatives, seed=seed)


def test_a_trip_becomes_one_request_per_surface():
    found = of_week(3)
    assert found.basket_id.tolist() == [4, 4, 4, 5, 5, 5]  # basket 6 was in a store that promoted nothing
    assert found.surface.tolist() == [MAILER, DISPLAY, BOTH] * 2
    assert found.lengths.tolist() == [3, 1, 1] * 2


def test_candidates_of_a_request_are_in_order_of_product():
    assert of_week(3).product[:5].tolist() == [OWN_BREAD, MYSTERY, OWN_MILK, MILK, BREAD]


def test_a_small_list_is_kept_whole_with_weight_one():
    assert of_week(3).weight.tolist() == [1.0] * 10


@pytest.mark.parametrize("seed", range(8))
def test_what_was_bought_is_kept_and_the_sample_stands_for_the_rest(seed: int):
    found = of_week(3, negatives=2, seed=seed)
    first = found.basket_id[found.request] == 4  # bought bread and the mystery; three others are left
    weight = dict(zip(found.product[first].tolist(), found.weight[first].tolist(), strict=True))
    assert weight.pop(BREAD) == weight.pop(MYSTERY) == 1.0
    assert len(weight) == 2
    assert set(weight) <= {OWN_BREAD, MILK, OWN_MILK}
    assert list(weight.values()) == [1.5, 1.5]


def test_samples_differ_between_trips_and_seeds():
    samples = {tuple(of_week(3, negatives=1, seed=seed).product.tolist()) for seed in range(20)}
    assert len(samples) > 1


def test_a_trip_does_not_depend_on_the_other_households():
    seed = next(seed for seed in range(50) if set(of_week(3, households=0.5, seed=seed).household.tolist()) == {8})
    alone, together = of_week(3, negatives=2, households=0.5, seed=seed), of_week(3, negatives=2, seed=seed)
    assert alone.product.tolist() == together.product[together.household[together.request] == 8].tolist()


def test_the_day_is_the_day_on_the_wall():
    assert of_week(4).day.tolist() == [21]  # 22 January 23:30 in the store, the 23rd in UTC


def test_events_by_hand():
    found = of_week(3)
    happened = events(TABLES, found)
    basket = found.basket_id[found.request]
    rows = {
        (int(b), int(p)): tuple(int(column[row]) for column in happened.values())
        for row, (b, p) in enumerate(zip(basket, found.product, strict=True))
    }
    assert list(happened) == ["category", "buy", "multi", "coupon"]
    assert rows == {
        (4, OWN_BREAD): (1, 0, 0, -1),  # bought other bread
        (4, MYSTERY): (-1, -1, -1, -1),  # no category, so nothing below it is observed
        (4, OWN_MILK): (0, 0, 0, -1),
        (4, MILK): (0, 0, 0, -1),  # its campaign has not begun
        (4, BREAD): (1, 1, 1, 1),  # two pieces, with a coupon, in a campaign
        (5, OWN_BREAD): (0, 0, 0, -1),
        (5, MYSTERY): (-1, -1, -1, -1),
        (5, OWN_MILK): (1, 1, 0, -1),  # private brands have no coupon task
        (5, MILK): (1, 0, 0, -1),
        (5, BREAD): (0, 0, 0, -1),  # the campaign is over
    }


def test_the_bought_place_is_skipped_wherever_it_is():
    taken = {week: sorted(np.unique(of_week(week, negatives=9).product).tolist()) for week in (1, 2, 3, 4)}
    assert taken == {1: [BREAD], 2: [BREAD, OWN_BREAD], 3: [BREAD, OWN_BREAD, MILK, MYSTERY, OWN_MILK], 4: [MILK]}
