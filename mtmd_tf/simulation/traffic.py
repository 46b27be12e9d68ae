"""The simulated days: who visits when, after the days of the data set (paper section 2.1.1)."""

import dataclasses
import functools
import itertools

import numpy as np

from mtmd_tf.config import SimulationConfig
from mtmd_tf.seeds import derive_seed
from mtmd_tf.simulation.market import MARKETS
from mtmd_tf.simulation.population import Population
from tfrecords_tools.partition import SECONDS_A_DAY
from tfrecords_tools.requests import Column
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.visits import FIRST_DAY, Block, Visits, visit

PRE, TEST = "pre", "test"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Day:
    """The traffic of one simulated day.

    Attributes:
        number: Number of the day, from 0.
        first: Number of its first request; requests are numbered over all days.
        visits: Visits of the day, in order of time.
        tick: `[requests]` number of the tick of each.
        histories: The logs at its start, by cohort.
        history: The logs at its start, of all users.
    """

    number: int
    first: int
    visits: Visits
    tick: np.ndarray
    histories: list[History]
    history: History

    def __len__(self) -> int:
        return len(self.visits)


class Traffic:
    """All days of a simulation; a day is drawn as a whole and depends on its number alone.

    Args:
        population: The users.
        config: Seed, days and requests.

    Attributes:
        population: The users.
        seeded: The world with the seed of the simulation, from which visits and candidates are drawn.
    """

    def __init__(self, population: Population, config: SimulationConfig) -> None:
        self.population, self._config, world = population, config, population.world
        self.seeded = dataclasses.replace(world, seed=derive_seed(config.seed, f"traffic/{world.seed}"))
        days = config.pre_days + config.days
        weekday = (FIRST_DAY + population.world.days + np.arange(days) + 3) % 7
        share = np.array(MARKETS[config.market].weekdays)[weekday].cumsum()
        self._edges = np.append(0, np.rint(share / share[-1] * config.requests).astype(np.int64)).tolist()

    @property
    def requests(self) -> list[int]:
        """Requests of each day."""
        return [stop - start for start, stop in itertools.pairwise(self._edges)]

    def period(self, day: int) -> str:
        """`pre` or `test`."""
        return PRE if day < self._config.pre_days else TEST

    @functools.lru_cache(maxsize=2)  # noqa: B019, the traffic lives as long as its process
    def day(self, number: int) -> Day:
        """A day with all its visits."""
        world, (first, stop) = self.population.world, self._edges[number : number + 2]
        block = Block(day=world.days + number, part=0, parts=1, first=first, size=stop - first)
        visits, histories = visit(self.seeded, block), self.population.histories(block.day)
        return Day(
            number=number,
            first=first,
            visits=visits,
            tick=visits.second % SECONDS_A_DAY // (60 * self._config.tick_minutes),
            histories=histories,
            history=self.population.history(histories),
        )

    @functools.lru_cache(maxsize=1)  # noqa: B019
    def query(self, number: int) -> tuple[dict[str, Column], np.ndarray]:
        """The query columns and the mask `[requests, query features]` of a day, as the platform sees them."""
        day = self.day(number)
        return self.population.observe(day.visits, day.histories)
