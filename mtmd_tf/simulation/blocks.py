"""The part of the funnel that no budget changes: retrieval and probabilities of a block of requests (section 2.2)."""

import dataclasses
import itertools
import time
from collections.abc import Iterator, Sequence

import numpy as np

from mtmd_tf.config import ConfigError, SimulationConfig
from mtmd_tf.simulation.arms import Arm
from mtmd_tf.simulation.heavyweights import Heavyweights
from mtmd_tf.simulation.lightweight import Batch, scores_of
from mtmd_tf.simulation.market import MARKETS
from mtmd_tf.simulation.population import Population
from mtmd_tf.simulation.traffic import Day, Traffic
from mtmd_tf.simulation.values import Values, goal_of, values_of
from tfrecords_tools.requests import column_rows, column_take
from tfrecords_tools.sources.adworld.long_lists import retrieve
from tfrecords_tools.sources.adworld.world import World

BLOCK = 512  # requests; fixed, because the last digits of a product of matrices depend on its shape
_PAIRS = 5_000 * BLOCK  # of a block at most: longer lists make shorter blocks


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a process needs to know of a simulation.

    Attributes:
        world: The world of the data set.
        arms: The arms, the control first.
        config: The settings.
        corpus: Fingerprint of the world's item corpus; None where there is no data set to compare with.
        data: Folder of the data set, which a trained heavyweight ranker has labeled.
        heavyweight: The heavyweight ranker of arms without one of their own, as `heavyweight_named` reads it; empty for
            the noisy oracle.
        block: Requests of a block; by default 512, or fewer where lists have more than 5,000 candidates.
    """

    world: World
    arms: tuple[Arm, ...]
    config: SimulationConfig
    corpus: str | None = None
    data: str = ""
    heavyweight: str = ""
    block: int = 0

    @property
    def size(self) -> int:
        """Requests of a block."""
        return self.block or max(1, min(BLOCK, _PAIRS // self.config.candidates))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    """Requests `start` to `stop` of a day, and for each ranker (by arm) the rows among them that it scores."""

    day: int
    start: int
    stop: int
    rows: dict[int, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prepared:
    """A block that is ready for auctions.

    Attributes:
        span: Which part of the day the block is.
        candidate: `[requests, candidates]` indices of ads.
        scores: For each ranker, by arm, the values of its rows.
        measured: Rows on which recall is measured.
        heavyweight: Values of the measured rows by each heavyweight ranker of the block's arms, by its number.
        whole: Rows on which the recall of retrieval is measured.
        every_ad: The same values of these rows, `[rows, ads]`.
        seconds: Seconds of each stage; of the lightweight one by arm.
    """

    span: Span
    candidate: np.ndarray
    scores: dict[int, Values]
    measured: np.ndarray
    heavyweight: dict[int, Values]
    whole: np.ndarray
    every_ad: dict[int, Values]
    seconds: dict[str, float]


class Preparer:
    """Prepares blocks; each process has one.

    Args:
        plan: The simulation.

    Attributes:
        traffic: The simulated days.
        heavyweights: The heavyweight rankers.

    Raises:
        ServingError: An arm whose exports cannot serve this world.
        ConfigError: More candidates than there are ads, or a heavyweight ranker that cannot be had.
    """

    def __init__(self, plan: Plan) -> None:
        config = plan.config
        self._every, self._whole_every = config.recall_every, config.retrieval_recall_every
        self._market = MARKETS[config.market]
        self.traffic = Traffic(Population(plan.world, users=config.users), config)
        self._world = self.traffic.population.world
        if config.candidates > len(self._world.ads):
            raise ConfigError(
                f"candidates is {config.candidates}; this world has {len(self._world.ads)} ads, which is the most."
            )
        wide = [arm for arm in plan.arms if arm.faults.shards > config.keep]
        if wide:
            raise ConfigError(f"arm {wide[0].name!r}: shards must be at most keep, which is {config.keep}.")
        self._goal = goal_of(self._world)
        self._candidates = config.candidates
        own = [arm.heavyweight or plan.heavyweight for arm in plan.arms]
        self.heavyweights = Heavyweights.of(own, data=plan.data, traffic=self.traffic, config=config)
        self._scores = scores_of(plan.arms, world=self._world, market=self._market, config=config, corpus=plan.corpus)

    def __call__(self, span: Span) -> Prepared:
        """Retrieves and scores the requests of a block."""
        day, begun, seconds = self.traffic.day(span.day), time.perf_counter(), {}
        visits = day.visits.take(np.arange(span.start, span.stop))
        candidate = retrieve(
            self.traffic.seeded, visits, count=self._candidates, first=day.first + span.start, day=visits.block.day
        )
        seconds["retrieval"] = time.perf_counter() - begun
        scores = {}
        for arm, rows in span.rows.items():
            begun = time.perf_counter()
            scores[arm] = self._score(arm, day, span, rows, candidate[rows])
            seconds[f"lightweight/{arm}"] = time.perf_counter() - begun
        request = day.first + np.arange(span.start, span.stop)
        measured = np.flatnonzero(request % self._every == 0)
        whole = np.flatnonzero(request % self._whole_every == 0) if self._whole_every else measured[:0]
        every_ad = np.broadcast_to(np.arange(len(self._world.ads)), (len(whole), len(self._world.ads)))
        return Prepared(
            span=span,
            candidate=candidate,
            scores=scores,
            measured=measured,
            heavyweight=self._heavyweights(day, span, measured, candidate[measured]),
            whole=whole,
            every_ad=self._heavyweights(day, span, whole, every_ad),
            seconds=seconds,
        )

    def _heavyweights(self, day: Day, span: Span, rows: np.ndarray, candidate: np.ndarray) -> dict[int, Values]:
        numbers = np.unique(self.heavyweights.number[[*span.rows]]).tolist() if len(rows) else []
        return {number: self._values(number, day, span.start + rows, candidate) for number in numbers}

    def _score(self, arm: int, day: Day, span: Span, rows: np.ndarray, candidate: np.ndarray) -> Values:
        ranker = self._scores[arm]
        if ranker is None:
            return self._values(int(self.heavyweights.number[arm]), day, span.start + rows, candidate)
        columns, mask = self.traffic.query(day.number)
        own = {name: column_rows(column, span.start, span.stop) for name, column in columns.items()}
        batch = Batch(
            request=day.first + span.start + rows,
            surface=day.visits.surface[span.start + rows],
            candidate=candidate,
            goal=self._goal[candidate],
            query={name: column_take(column, rows) for name, column in own.items()},
            query_mask=mask[span.start + rows],
        )
        return ranker(batch)

    def _values(self, number: int, day: Day, rows: np.ndarray, candidate: np.ndarray) -> Values:
        probability = self.heavyweights.each[number](day, rows, candidate)
        return values_of(probability, self._goal[candidate], self._market)


def spans_of(day: int, ranker: np.ndarray, *, block: int, every: Sequence[int] | None) -> Iterator[Span]:
    """The blocks of a day in order.

    Args:
        day: Number of the day.
        ranker: `[requests]` the arm whose ranker scores each request.
        block: Requests of a block; by default 512, or fewer where lists have more than 5,000 candidates.
        every: Arms whose rankers all score every request, instead; None for `ranker`.
    """
    edges = [*range(0, len(ranker), block), len(ranker)]
    for start, stop in itertools.pairwise(edges):
        if every is not None:
            rows = {arm: np.arange(stop - start) for arm in every}
        else:
            own = ranker[start:stop]
            rows = {int(arm): np.flatnonzero(own == arm) for arm in np.unique(own)}
        yield Span(day=day, start=start, stop=stop, rows=rows)
