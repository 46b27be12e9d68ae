"""Winners and prices, done by hand."""

import numpy as np
import pytest

from mtmd_tf.simulation.auction import Bids, run_auction
from mtmd_tf.simulation.values import Values


def bids(click, *, ctr=0.1, organic=0.0, advertiser=None, live=True):
    click = np.array([click], dtype=float)
    full = [np.full(click.shape, own, dtype=type(own)) for own in (ctr, organic, live)]
    advertiser = np.arange(click.shape[1])[None] if advertiser is None else np.array([advertiser])
    return Bids(click=click, ctr=full[0], organic=full[1], advertiser=advertiser, live=full[2])


def auction(entered, *, exposure=(1.0, 0.5), reserve=0.2, kind="gsp"):
    return run_auction(entered, np.array([exposure]), reserve=reserve, kind=kind)


def test_a_winner_pays_the_bid_that_would_keep_its_place():
    won = auction(bids([1.0, 3.0, 2.0]))
    assert won.candidate.tolist() == [[1, 2]]
    assert won.price[0] == pytest.approx([2.0, 1.0])


def test_vcg_charges_what_others_lose():
    """The first takes half an exposure from 2.0 and half from 1.0; the second half an exposure from 1.0."""
    won = auction(bids([1.0, 3.0, 2.0]), kind="vcg")
    assert won.candidate.tolist() == [[1, 2]]
    assert won.price[0] == pytest.approx([0.5 * 2.0 + 0.5 * 1.0, 1.0])


def test_organic_value_is_a_discount_down_to_the_reserve():
    entered = bids([1.0, 1.0])
    entered.organic[0] = [0.05, 0.0]  # worth half a dollar a click at a CTR of 0.1
    won = auction(entered)
    assert won.candidate.tolist() == [[0, 1]]
    assert won.price[0] == pytest.approx([0.5, 0.2])


def test_nobody_below_the_reserve_and_none_of_no_worth():
    entered = bids([0.1, 1.0, 5.0])
    entered.organic[0, 1] = -0.2
    assert auction(entered).candidate.tolist() == [[2, -1]]


def test_an_advertiser_has_one_slot():
    won = auction(bids([3.0, 2.5, 1.0], advertiser=[7, 7, 8]))
    assert won.candidate.tolist() == [[0, 2]]
    assert won.price[0] == pytest.approx([1.0, 0.2])


def test_what_is_not_live_and_slots_that_do_not_exist_stay_empty():
    entered = bids([3.0, 2.0, 1.0])
    entered.live[0, 0] = False
    won = auction(entered, exposure=(1.0, 0.0))
    assert won.candidate.tolist() == [[1, -1]]
    assert won.price[0] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("kind", ["gsp", "vcg"])
def test_a_price_is_between_reserve_and_bid(kind):
    rng = np.random.default_rng(0)
    click, ctr = rng.lognormal(-1.0, 1.0, (200, 30)), rng.beta(1.0, 20.0, (200, 30))
    organic, advertiser = rng.normal(0.0, 0.02, click.shape), rng.integers(9, size=click.shape)
    entered = Bids(click=click, ctr=ctr, organic=organic, advertiser=advertiser, live=np.ones(click.shape, dtype=bool))
    won = run_auction(entered, np.tile([1.0, 0.8, 0.3], (200, 1)), reserve=0.05, kind=kind)
    row, slot = np.nonzero(won.candidate >= 0)
    candidate, price = won.candidate[row, slot], won.price[row, slot]
    assert (price >= 0.05).all()
    assert (price <= click[row, candidate] + 1e-12).all()
    assert all(
        len(set(own)) == len(own)
        for own in (advertiser[r, won.candidate[r][won.candidate[r] >= 0]] for r in range(200))
    )


def test_vcg_never_charges_more_than_the_second_price():
    rng = np.random.default_rng(1)
    entered = bids(rng.lognormal(0.0, 1.0, 20).tolist())
    assert (auction(entered, kind="vcg").price <= auction(entered, kind="gsp").price + 1e-12).all()


def test_a_conversion_ad_bids_its_target_times_the_chance_of_a_conversion():
    """A dollar a click at 25 clicks a conversion: 25 dollars a conversion, at one conversion in 50 clicks 50 cents."""
    values = Values(paid=np.array([[25 * 0.1 / 50]]), organic=np.zeros((1, 1)))
    own = np.ones((1, 1), dtype=bool)
    entered = Bids.of(np.array([[1.0]]), values, np.array([[0.1]]), advertiser=np.zeros((1, 1), dtype=int), live=own)
    assert entered.click[0, 0] == pytest.approx(0.5)
