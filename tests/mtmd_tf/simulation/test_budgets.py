"""Money: budgets, shares and charges."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.simulation.budgets import MICROS, budgets_of, charge, require_money, share_budgets
from mtmd_tf.simulation.market import MARKETS
from tests.mtmd_tf.simulation.world import small_world
from tfrecords_tools.requests import DataError


def test_a_charge_is_capped_at_what_is_left_in_order_of_time():
    left = np.array([100, 50])
    charged = charge(left, np.array([0, 1, 0, 0, 1]), np.array([60, 30, 60, 60, 30]))
    assert charged.tolist() == [60, 30, 40, 0, 20]
    assert left.tolist() == [0, 0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 200)), max_size=40),
    st.integers(1, 7),
)
def test_charges_are_the_same_however_clicks_are_cut(budget, clicks, size):
    owner = np.array([own % len(budget) for own, _ in clicks], dtype=np.int64)
    price = np.array([own for _, own in clicks], dtype=np.int64)
    whole, pieces = np.array(budget), np.array(budget)
    at_once = charge(whole, owner, price)
    cut = [
        charge(pieces, owner[start : start + size], price[start : start + size]) for start in range(0, len(owner), size)
    ]
    assert at_once.tolist() == [own for piece in cut for own in piece.tolist()]
    assert whole.tolist() == pieces.tolist()
    assert (whole >= 0).all()
    assert (np.array(budget) - whole).sum() == at_once.sum()


def test_shares_add_up_to_the_budget():
    budget = np.array([100, 7, 0])
    pools = share_budgets(budget, [1 / 3, 1 / 3, 1 / 3])
    assert pools.sum(axis=0).tolist() == budget.tolist()
    assert pools[0].tolist() == [33, 2, 0]


def test_budgets_follow_the_traffic():
    one, two = (budgets_of(small_world(), requests=own, market=MARKETS["first"]) for own in (100, 200))
    assert (np.abs(two - 2 * one) <= 1).all()
    assert 1 < one.sum() / MICROS < 1_000
    half = budgets_of(small_world(), requests=200, market=MARKETS["first"], factor=0.5)
    assert (np.abs(half - one) <= 1).all()


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["bid", "budget"])
def test_no_money_is_refused(name, value):
    world = small_world()
    wrong = getattr(world.ads, name).copy()
    wrong[17] = value
    with pytest.raises(DataError, match=rf"ad a000017: its {name} is {value}; it must be finite and at least 0"):
        require_money(dataclasses.replace(world, ads=dataclasses.replace(world.ads, **{name: wrong})))
