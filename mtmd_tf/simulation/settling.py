"""The part of the funnel that budgets rule: cut, heavyweight ranker, auction, actions and charges (paper section 1)."""

import dataclasses
import time

import numpy as np

from mtmd_tf.simulation.auction import Bids, Winners, run_auction
from mtmd_tf.simulation.blocks import Plan, Prepared
from mtmd_tf.simulation.budgets import MICROS
from mtmd_tf.simulation.cutting import Cut, cut, shard_of
from mtmd_tf.simulation.draws import uniforms_at
from mtmd_tf.simulation.heavyweight import true_conditionals
from mtmd_tf.simulation.heavyweights import Heavyweights
from mtmd_tf.simulation.ledger import TOPS, Impressions, StageCounts
from mtmd_tf.simulation.market import MARKETS
from mtmd_tf.simulation.outcomes import happened
from mtmd_tf.simulation.pacing import Pacer
from mtmd_tf.simulation.traffic import Day
from mtmd_tf.simulation.values import goal_of, values_of
from tfrecords_tools.sources.adworld.names import SURFACES
from tfrecords_tools.sources.adworld.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entries:
    """Requests of one tick, in order of time; in two worlds a request has an entry for each arm.

    Attributes:
        row: `[entries]` row of the block.
        arm: `[entries]` arm that the request belongs to.
        ranker: `[entries]` arm whose ranker scores it: the control's before the test.
        scored_row: `[entries]` row among those that this ranker has scored.
    """

    row: np.ndarray
    arm: np.ndarray
    ranker: np.ndarray
    scored_row: np.ndarray

    def take(self, rows: np.ndarray) -> "Entries":
        """The entries `[rows]`."""
        return Entries(
            row=self.row[rows], arm=self.arm[rows], ranker=self.ranker[rows], scored_row=self.scored_row[rows]
        )


class Settler:
    """Runs auctions and charges what they cost.

    Args:
        plan: The simulation.
        world: The world with all its users.
        heavyweights: The heavyweight rankers.
        pool_of_arm: `[arms]` the pool of budgets that each arm spends from.
    """

    def __init__(self, plan: Plan, world: World, heavyweights: Heavyweights, *, pool_of_arm: np.ndarray) -> None:
        self._heavyweights = heavyweights
        self._arms, self._world, self._config = plan.arms, world, plan.config
        self._market = MARKETS[plan.config.market]
        self._pool_of_arm, self._goal = pool_of_arm, goal_of(world)
        exposure = np.zeros((len(SURFACES), self._market.slots))
        for number, surface in enumerate(SURFACES):
            own = self._market.exposure[surface]
            exposure[number, : len(own)] = own
        self._exposure = exposure

    def __call__(
        self, day: Day, prepared: Prepared, entries: Entries, *, left: np.ndarray, open_: np.ndarray, pacer: Pacer
    ) -> tuple[Impressions, StageCounts]:
        """The impressions of one tick of a block; `left` is lowered by their charges.

        Args:
            day: The day.
            prepared: The block.
            entries: The requests of the tick.
            left: `[pools, advertisers]` millionths of a dollar that are left now.
            open_: `[pools, advertisers]` bool, whether anything was left when the tick began.
            pacer: Pacing as the tick began.
        """
        counts = StageCounts(len(self._pool_of_arm))
        request = day.first + prepared.span.start + entries.row
        candidate = prepared.candidate[entries.row]
        pool, advertiser = self._pool_of_arm[entries.arm][:, None], self._world.ads.advertiser[candidate]
        bid = day.history.bid[candidate] * pacer.bid_factor[pool, advertiser]
        live = self._live(pool, advertiser, request, open_, pacer)
        begun = time.perf_counter()
        handed = self._cut(prepared, entries, bid, live)
        self._measure(prepared, entries, bid, live, handed, counts)
        self._measure_retrieval(day, prepared, entries, open_, pacer, counts)
        counts.add("lightweight", entries.arm, taken=live.sum(axis=1), kept=handed.kept.sum(axis=1))
        counts.spend("lightweight", entries.arm, time.perf_counter() - begun)

        begun = time.perf_counter()
        ad = np.take_along_axis(candidate, handed.indices, axis=1)
        rows = prepared.span.start + entries.row
        visits = day.visits.take(rows)
        truth = true_conditionals(self._world, day.history, visits, ad)
        seen = self._heavyweights(day, rows, ad, arm=entries.ranker, truth=truth)
        number = handed.kept.sum(axis=1)
        counts.add("heavyweight", entries.arm, taken=number, kept=number)
        counts.spend("heavyweight", entries.arm, time.perf_counter() - begun)

        begun = time.perf_counter()
        bids = Bids.of(
            np.take_along_axis(bid, handed.indices, axis=1),
            values_of(seen, self._goal[ad], self._market),
            seen["ctr"],
            advertiser=self._world.ads.advertiser[ad],
            live=handed.kept,
        )
        exposure = self._exposure[visits.surface]
        winners = run_auction(bids, exposure, reserve=self._market.reserve, kind=self._config.auction)
        counts.add("auction", entries.arm, taken=number, kept=(winners.candidate >= 0).sum(axis=1))
        slots = np.arange(exposure.shape[1])
        drawn = uniforms_at(self._config.seed, "slot", at=(request[:, None], slots))
        entry, slot = np.nonzero((winners.candidate >= 0) & (drawn < exposure))
        shown = self._show(entries, request, ad, truth, winners, entry, slot, left)
        counts.spend("auction", entries.arm, time.perf_counter() - begun)
        return shown, counts

    def _live(
        self, pool: np.ndarray, advertiser: np.ndarray, request: np.ndarray, open_: np.ndarray, pacer: Pacer
    ) -> np.ndarray:
        """Bool of `[entries, candidates]`: there is money, and pacing lets the advertiser take part."""
        live = open_[pool, advertiser]
        if pacer.participation is None:
            return live
        drawn = uniforms_at(self._config.seed, "throttle", at=(request[:, None], advertiser))
        return live & (drawn < pacer.participation[pool, advertiser])

    def _cut(self, prepared: Prepared, entries: Entries, bid: np.ndarray, live: np.ndarray) -> Cut:
        """The best candidates of `[entries, candidates]` by the lightweight ranker of each entry."""
        keep = self._config.keep
        indices, kept = np.zeros((len(bid), keep), np.int64), np.zeros((len(bid), keep), dtype=bool)
        for arm, values in prepared.scores.items():
            own = np.flatnonzero(entries.ranker == arm)
            chosen, shards = values.rows(entries.scored_row[own]), self._arms[arm].faults.shards
            worth = np.where(live[own], bid[own] * chosen.paid + chosen.organic, -np.inf)
            shard = shard_of(prepared.candidate[entries.row[own]], shards) if shards > 1 else None
            found = cut(worth, keep=keep, shard=shard, shards=shards)
            indices[own], kept[own] = found.indices, found.kept
        return Cut(indices=indices, kept=kept)

    def _measure(
        self,
        prepared: Prepared,
        entries: Entries,
        bid: np.ndarray,
        live: np.ndarray,
        handed: Cut,
        counts: StageCounts,
    ) -> None:
        """How much of the top of each arm's heavyweight ranker survives the cut, on the measured rows."""
        measured = np.isin(entries.row, prepared.measured)
        for number, every in prepared.heavyweight.items():
            own = np.flatnonzero(measured & (self._heavyweights.number[entries.ranker] == number))
            values = every.rows(np.searchsorted(prepared.measured, entries.row[own]))
            worth = np.where(live[own], bid[own] * values.paid + values.organic, -np.inf)
            survives = np.zeros(worth.shape, dtype=bool)
            row, slot = np.nonzero(handed.kept[own])
            survives[row, handed.indices[own][row, slot]] = True
            _count(counts, "lightweight", entries.arm[own], worth, live[own], survives)

    def _measure_retrieval(
        self, day: Day, prepared: Prepared, entries: Entries, open_: np.ndarray, pacer: Pacer, counts: StageCounts
    ) -> None:
        """How much of the top of all ads is among the candidates, on the rows that have the values of all."""
        measured = np.isin(entries.row, prepared.whole)
        for number, every in prepared.every_ad.items():
            own = np.flatnonzero(measured & (self._heavyweights.number[entries.ranker] == number))
            request = day.first + prepared.span.start + entries.row[own]
            pool, advertiser = self._pool_of_arm[entries.arm[own]][:, None], self._world.ads.advertiser
            live = self._live(pool, advertiser, request, open_, pacer)
            values = every.rows(np.searchsorted(prepared.whole, entries.row[own]))
            bid = day.history.bid * pacer.bid_factor[pool, advertiser]
            worth = np.where(live, bid * values.paid + values.organic, -np.inf)
            survives = np.zeros(worth.shape, dtype=bool)
            np.put_along_axis(survives, prepared.candidate[entries.row[own]], True, axis=1)
            _count(counts, "retrieval", entries.arm[own], worth, live, survives & live)

    def _show(
        self,
        entries: Entries,
        request: np.ndarray,
        ad: np.ndarray,
        truth: dict[str, np.ndarray],
        winners: Winners,
        entry: np.ndarray,
        slot: np.ndarray,
        left: np.ndarray,
    ) -> Impressions:
        """What the users of `entry` `[impressions]` do with the ads in `slot` `[impressions]`, and what it costs."""
        candidate, arm = winners.candidate[entry, slot], entries.arm[entry]
        own = {task: probability[entry, candidate] for task, probability in truth.items()}
        return Impressions.charge(
            left,
            pool=self._pool_of_arm[arm],
            advertiser=self._world.ads.advertiser[ad[entry, candidate]],
            price=np.rint(winners.price[entry, slot] * MICROS).astype(np.int64),
            row=entries.row[entry],
            request=request[entry],
            arm=arm,
            ad=ad[entry, candidate],
            events=happened(own, seed=self._config.seed, request=request[entry], ad=ad[entry, candidate]),
        )


def _count(
    counts: StageCounts, stage: str, arm: np.ndarray, worth: np.ndarray, live: np.ndarray, survives: np.ndarray
) -> None:
    """Adds how many of the best of `[entries, ads]` survive a stage."""
    order = np.argsort(-worth, axis=1, kind="stable")[:, : max(TOPS)]
    ranked, alive = (np.take_along_axis(each, order, axis=1) for each in (survives, live))
    for top in TOPS:
        counts.recall(stage, top, arm, found=ranked[:, :top].sum(axis=1), wanted=alive[:, :top].sum(axis=1))
