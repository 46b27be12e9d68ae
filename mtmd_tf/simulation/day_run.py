"""One simulated day from its first tick to its last: blocks are prepared ahead, ticks settled in order."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from mtmd_tf.simulation.blocks import Plan, Prepared, Preparer, Span, spans_of
from mtmd_tf.simulation.clock import Clock
from mtmd_tf.simulation.ledger import Impressions, StageCounts, user_sums
from mtmd_tf.simulation.pacing import Pacer
from mtmd_tf.simulation.settling import Entries, Settler
from mtmd_tf.simulation.traffic import PRE, Day
from mtmd_tf.simulation.values import goal_of

Prepare = Callable[[Iterable[Span]], Iterator[Prepared]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DayResult:
    """What a day leaves behind: frames of integers, and the counts of the stages."""

    users: pd.DataFrame
    ticks: pd.DataFrame
    advertisers: pd.DataFrame
    stages: StageCounts


class DayRun:
    """Runs days one after another.

    Args:
        plan: The simulation.
        preparer: Days and heavyweight rankers of this process.
        arm_of_user: `[users]` arm of each user.
        budget: `[pools, advertisers]` budgets of a day.
        prepare: Prepares blocks, in order.
    """

    def __init__(
        self, plan: Plan, preparer: Preparer, *, arm_of_user: np.ndarray, budget: np.ndarray, prepare: Prepare
    ) -> None:
        self._plan, self._traffic = plan, preparer.traffic
        self._arm_of_user, self._budget = arm_of_user, budget
        self._prepare = prepare
        arms = len(plan.arms)
        self._two = plan.config.worlds == "two"
        self._pool_of_arm = np.arange(arms) if len(budget) == arms else np.zeros(arms, np.int64)
        self._world = self._traffic.population.world
        self._settler = Settler(plan, self._world, preparer.heavyweights, pool_of_arm=self._pool_of_arm)

    def __call__(self, number: int, pacer: Pacer, *, done: Callable[[int], object]) -> DayResult:
        """Runs a day; the pacer is moved on, and `done` is told of requests that are settled."""
        day = self._traffic.day(number)
        arm = self._arm_of_user[day.visits.user]
        control = self._traffic.period(number) == PRE
        every = ([0] if control else range(len(self._plan.arms))) if self._two else None
        ranker = np.zeros_like(arm) if control else arm
        clock = Clock(day, self._budget, pacer, pool_of_arm=self._pool_of_arm, ticks=self._plan.config.ticks)
        stages, shown = StageCounts(len(self._plan.arms)), []
        for prepared in self._prepare(spans_of(number, ranker, block=self._plan.size, every=every)):
            entries = self._entries(prepared, arm, control=control)
            self._count(prepared, entries, stages)
            tick = day.tick[prepared.span.start + entries.row]
            for now in np.unique(tick).tolist():
                clock.move_to(now)
                own = entries.take(np.flatnonzero(tick == now))
                found, counts = self._settler(day, prepared, own, left=clock.left, open_=clock.open, pacer=pacer)
                clock.add(own.arm, found)
                shown.append(found)
                stages.merge(counts)
            done(prepared.span.stop - prepared.span.start)
        clock.move_to(self._plan.config.ticks)
        return DayResult(
            users=self._users(day, shown), ticks=clock.frame(), advertisers=self._advertisers(shown), stages=stages
        )

    def _entries(self, prepared: Prepared, arm: np.ndarray, *, control: bool) -> Entries:
        """The block's requests by time; in two worlds each once for every arm."""
        span, arms = prepared.span, len(self._plan.arms)
        size = span.stop - span.start
        if self._two:
            row, own = np.repeat(np.arange(size), arms), np.tile(np.arange(arms), size)
        else:
            row, own = np.arange(size), arm[span.start : span.stop]
        ranker = np.zeros_like(own) if control else own
        scored_row = np.zeros_like(row)
        for number, rows in span.rows.items():
            mine = np.flatnonzero(ranker == number)
            scored_row[mine] = np.searchsorted(rows, row[mine])
        return Entries(row=row, arm=own, ranker=ranker, scored_row=scored_row)

    def _count(self, prepared: Prepared, entries: Entries, stages: StageCounts) -> None:
        ads, found = len(self._world.ads), prepared.candidate.shape[1]
        size = len(entries.arm)
        stages.add("retrieval", entries.arm, taken=np.full(size, ads), kept=np.full(size, found))
        stages.spend("retrieval", entries.arm, prepared.seconds["retrieval"])
        for number in prepared.span.rows:
            stages.spend(
                "lightweight", entries.arm[entries.ranker == number], prepared.seconds[f"lightweight/{number}"]
            )

    def _users(self, day: Day, shown: list[Impressions]) -> pd.DataFrame:
        place = np.concatenate([own.request for own in shown]) - day.first
        ad = np.concatenate([own.ad for own in shown])
        columns = {
            "surface": day.visits.surface[place],
            "product": self._world.ads.product[ad],
            "goal": goal_of(self._world)[ad],
        }
        return user_sums(shown, user=day.visits.user[place], columns=columns)

    def _advertisers(self, shown: list[Impressions]) -> pd.DataFrame:
        arms, advertisers = len(self._plan.arms), self._budget.shape[1]
        arm = np.concatenate([own.arm for own in shown])
        cell = arm * advertisers + self._world.ads.advertiser[np.concatenate([own.ad for own in shown])]
        spend = np.zeros(arms * advertisers, np.int64)
        np.add.at(spend, cell, np.concatenate([own.charged for own in shown]))
        return pd.DataFrame(
            {
                "arm": np.repeat(np.arange(arms), advertisers),
                "advertiser": np.tile(np.arange(advertisers), arms),
                "budget": self._budget[self._pool_of_arm].ravel(),
                "spend": spend,
                "impressions": np.bincount(cell, minlength=arms * advertisers),
            }
        )
