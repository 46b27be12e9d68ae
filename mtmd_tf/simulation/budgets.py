"""Budgets of a day and what is charged against them, in whole millionths of a dollar: sums are exact (section 3.3)."""

import numpy as np

from mtmd_tf.simulation.market import Market
from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.world import World

MICROS = 1_000_000  # of a US dollar


def require_money(world: World) -> None:
    """Refuses a world whose bids or budgets are no amounts of money.

    Raises:
        DataError: One is negative, infinite or not a number; it names the ad.
    """
    for name in ("bid", "budget"):
        wrong = np.flatnonzero(~(np.isfinite(getattr(world.ads, name)) & (getattr(world.ads, name) >= 0)))
        if len(wrong):
            value = getattr(world.ads, name)[wrong[0]]
            raise DataError(f"ad a{wrong[0]:06d}: its {name} is {value}; it must be finite and at least 0 US dollars")


def budgets_of(world: World, *, requests: float, market: Market, factor: float = 1.0) -> np.ndarray:
    """`[advertisers]` int64 millionths of a dollar for a day.

    An ad's own budget is for the impressions that it expects of all the platform's traffic. An advertiser has the
    sum of its ads' budgets, scaled to the simulated traffic and by how much money there is:

        budget = money * sum of own ads' budgets * slots seen in a simulated day / impressions that all ads expect

    Args:
        world: The world.
        requests: Simulated requests of a mean day.
        market: The parameters.
        factor: Another factor on all of them.
    """
    slots = float(np.mean([sum(own) for own in market.exposure.values()]))
    scale = factor * market.money * requests * slots / (world.ads.impressions.sum() / 7)
    return np.rint(np.bincount(world.ads.advertiser, world.ads.budget) * scale * MICROS).astype(np.int64)


def share_budgets(budget: np.ndarray, shares: list[float]) -> np.ndarray:
    """`[pools, advertisers]`: budgets cut by shares that sum to 1; what the rounding leaves goes to the last pool."""
    edges = np.floor(np.outer(np.cumsum(shares)[:-1], budget)).astype(np.int64)
    return np.diff(np.vstack([np.zeros_like(budget), edges, budget]), axis=0)


def charge(left: np.ndarray, owner: np.ndarray, price: np.ndarray) -> np.ndarray:
    """`[clicks]` what is charged for clicks in order of time: prices, until nothing is left; `left` is lowered by it.

    Args:
        left: `[owners]` int64 money that is left, at least 0.
        owner: `[clicks]` index into `left`.
        price: `[clicks]` int64, at least 0.
    """
    order = np.argsort(owner, kind="stable")
    own, sums = owner[order], price[order].cumsum()
    starts = np.searchsorted(own, own)  # where this owner's clicks begin
    before = sums - price[order] - (sums - price[order])[starts]
    charged = np.empty_like(price)
    charged[order] = np.clip(left[own] - before, 0, price[order])
    np.subtract.at(left, owner, charged)
    return charged
