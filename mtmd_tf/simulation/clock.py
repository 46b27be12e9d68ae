"""The clock of a simulated day: at the end of a tick, budgets and pacing look at what was spent (paper section 3.3)."""

import numpy as np
import pandas as pd

from mtmd_tf.simulation.ledger import Impressions
from mtmd_tf.simulation.pacing import Pacer
from mtmd_tf.simulation.traffic import Day

_COUNTS = ("requests", "impressions", "clicks", "spend", "budget_left")


class Clock:
    """Counts by tick and arm, and the money that is left.

    Args:
        day: The day.
        budget: `[pools, advertisers]` budgets of the day, millionths of a dollar.
        pacer: Pacing, which is moved after every tick.
        pool_of_arm: `[arms]` the pool that each arm spends from.
        ticks: Ticks of the day.

    Attributes:
        left: `[pools, advertisers]` what is left now.
        open: `[pools, advertisers]` bool, whether anything was left when the tick began.
    """

    def __init__(self, day: Day, budget: np.ndarray, pacer: Pacer, *, pool_of_arm: np.ndarray, ticks: int) -> None:
        self._budget, self._pacer, self._pool_of_arm = budget, pacer, pool_of_arm
        self._traffic = np.bincount(day.tick, minlength=ticks) / max(1, len(day))
        self._sums = {name: np.zeros((ticks, len(pool_of_arm)), np.int64) for name in _COUNTS}
        self._tick, self.left = 0, budget.copy()
        self._began, self.open = budget.copy(), budget > 0

    def move_to(self, tick: int) -> None:
        """Ends the ticks before `tick`; the number of ticks ends the day."""
        while self._tick < tick:
            self._pacer.after(self._began - self.left, self._budget, traffic=self._traffic[self._tick])
            self._sums["budget_left"][self._tick] = self.left[self._pool_of_arm].sum(axis=1)
            self._tick, self._began, self.open = self._tick + 1, self.left.copy(), self.left > 0

    def add(self, arm: np.ndarray, shown: Impressions) -> None:
        """Counts the requests of `arm` `[requests]` and what they were shown in the current tick."""
        for name, own, number in (
            ("requests", arm, np.ones_like(arm)),
            ("impressions", shown.arm, np.ones_like(shown.arm)),
            ("clicks", shown.arm, shown.events["ctr"].astype(np.int64)),
            ("spend", shown.arm, shown.charged),
        ):
            np.add.at(self._sums[name][self._tick], own, number)

    def frame(self) -> pd.DataFrame:
        """A row for each tick and arm."""
        ticks, arms = self._sums["requests"].shape
        index = {"tick": np.repeat(np.arange(ticks), arms), "arm": np.tile(np.arange(arms), ticks)}
        return pd.DataFrame(index | {name: own.ravel() for name, own in self._sums.items()})
