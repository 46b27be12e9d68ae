"""Pacing: spreads an advertiser's spend over the day as the traffic comes (Balseiro and Gur 2019)."""

import numpy as np

_LEAST = 0.02  # of a bid, and of the auctions that an advertiser takes part in


class Pacer:
    """A factor for each budget, moved after every tick by the share of the budget that was spent too early.

        factor <- clip(factor * exp(gain * (share of the day's traffic - share of the budget spent)), least, 1)

    Both shares are those of the tick. With `multiplicative` the factor is on bids; with `throttle` it is the
    probability to take part in an auction (Agarwal et al. 2014); with `none` it stays 1. It carries over to
    the next day.

    Args:
        kind: `multiplicative`, `throttle` or `none`.
        gain: How strongly it answers.
        shape: Pools and advertisers.
    """

    def __init__(self, kind: str, *, gain: float, shape: tuple[int, int]) -> None:
        self._kind, self._gain = kind, gain
        self.factor = np.ones(shape)

    def after(self, spent: np.ndarray, budget: np.ndarray, *, traffic: float) -> None:
        """Moves the factors.

        Args:
            spent: `[pools, advertisers]` spend of the tick.
            budget: `[pools, advertisers]` budgets of the day.
            traffic: Share of the day's requests that came in the tick.
        """
        if self._kind == "none":
            return
        share = spent / np.maximum(budget, 1)
        self.factor = np.clip(self.factor * np.exp(self._gain * (traffic - share)), _LEAST, 1.0)

    @property
    def bid_factor(self) -> np.ndarray:
        """`[pools, advertisers]` factors on bids."""
        return self.factor if self._kind == "multiplicative" else np.ones_like(self.factor)

    @property
    def participation(self) -> np.ndarray | None:
        """`[pools, advertisers]` probabilities to take part, or None where everybody does."""
        return self.factor if self._kind == "throttle" else None
