"""The heavyweight rankers of a simulation: arms may have different ones (paper section 1)."""

from collections.abc import Sequence

import numpy as np

from mtmd_tf.config import SimulationConfig
from mtmd_tf.simulation.arms import heavyweight_named
from mtmd_tf.simulation.heavyweight import Heavyweight, NoisyOracle
from mtmd_tf.simulation.market import MARKETS
from mtmd_tf.simulation.traffic import Day, Traffic


class Heavyweights:
    """Asks the heavyweight ranker of each request's arm.

    Args:
        each: Different heavyweight rankers.
        number: `[arms]` which of them each arm has.

    Attributes:
        each: As above.
        number: As above.
    """

    def __init__(self, each: Sequence[Heavyweight], number: np.ndarray) -> None:
        self.each, self.number = tuple(each), number

    @classmethod
    def of(cls, texts: Sequence[str], *, data: str, traffic: Traffic, config: SimulationConfig) -> "Heavyweights":
        """The rankers that arms name, each opened once.

        Args:
            texts: `[arms]`, as `heavyweight_named` reads them; empty for the noisy oracle.
            data: Folder of the data set that trained rankers have labeled.
            traffic: The simulated days.
            config: Seed and market.

        Raises:
            ConfigError: A run whose training is not finished, or whose towers are not those that are named.
            DataError: A run of another data set.
        """
        different = list(dict.fromkeys(texts))
        each = [_opened(text, data=data, traffic=traffic, config=config) for text in different]
        return cls(each, np.array([different.index(text) for text in texts]))

    def __call__(
        self, day: Day, rows: np.ndarray, candidate: np.ndarray, *, arm: np.ndarray, truth: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """`{task: [requests, candidates]}` given the impression.

        Args:
            day: The day.
            rows: `[requests]` rows of the requests among those of the day.
            candidate: `[requests, candidates]` indices of ads.
            arm: `[requests]` index of the arm.
            truth: Conditional probabilities of these pairs.
        """
        wanted = self.number[arm]
        if len(self.each) == 1:
            return self.each[0](day, rows, candidate, truth=truth)
        found: dict[str, np.ndarray] = {}
        for number in np.unique(wanted).tolist():
            own = np.flatnonzero(wanted == number)
            known = {task: probability[own] for task, probability in truth.items()}
            for task, part in self.each[number](day, rows[own], candidate[own], truth=known).items():
                found.setdefault(task, np.zeros(candidate.shape, part.dtype))[own] = part
        return found


def _opened(text: str, *, data: str, traffic: Traffic, config: SimulationConfig) -> Heavyweight:
    if not text:
        return NoisyOracle(traffic.population.world, seed=config.seed, noise=MARKETS[config.market].noise)
    from mtmd_tf.simulation.trained_heavyweight import TrainedHeavyweight  # with TensorFlow

    run, towers = heavyweight_named(text)
    return TrainedHeavyweight(run, data, traffic, seed=config.seed, towers=towers)
