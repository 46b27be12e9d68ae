"""The heavyweight ranker as a noisy oracle: true probabilities with log-normal errors (paper section 1)."""

from typing import Protocol

import numpy as np

from mtmd_tf.simulation.draws import normals_at
from mtmd_tf.simulation.traffic import Day
from mtmd_tf.simulation.values import TASKS
from tfrecords_tools.sources.adworld.behavior import conditional_probabilities, probabilities
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.pairs import Pairs
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World

_PAIRS = 65_536  # at a time: what is known of them stays near the core


def true_conditionals(world: World, history: History, visits: Visits, candidate: np.ndarray) -> dict[str, np.ndarray]:
    """`{task: [requests, candidates]}`: what users truly do, given the parent's event; NaN where there is no task.

    Args:
        world: The world with all its users.
        history: The logs at the start of the day.
        visits: The visits of the requests.
        candidate: `[requests, candidates]` indices of ads.
    """
    rows = max(1, _PAIRS // max(1, candidate.shape[1]))
    parts = []
    for start in range(0, max(1, len(visits)), rows):
        own = candidate[start : start + rows]
        pairs = Pairs.of(world, history, visits.take(np.arange(start, start + len(own))), own)
        parts.append(conditional_probabilities(pairs))
    return {task: np.concatenate([part[task] for part in parts]) for task in parts[0]}


class Heavyweight(Protocol):
    """A heavyweight ranker; asked twice, it says the same of a pair."""

    def __call__(
        self, day: Day, rows: np.ndarray, candidate: np.ndarray, *, truth: dict[str, np.ndarray] | None = None
    ) -> dict[str, np.ndarray]:
        """`{task: [requests, candidates]}` given the impression.

        Args:
            day: The day.
            rows: `[requests]` rows of the requests among those of the day.
            candidate: `[requests, candidates]` indices of ads.
            truth: Conditional probabilities of these pairs, where they are known already.
        """
        ...


class NoisyOracle:
    """The truth with log-normal errors.

        estimate = min(1, truth * exp(noise * z - noise**2 / 2))

    z is standard normal and belongs to the request, the ad and the task; the truth is given the parent's event.

    Args:
        world: The world with all its users.
        seed: The seed of the simulation.
        noise: Standard deviation of the errors in ln p.
    """

    def __init__(self, world: World, *, seed: int, noise: float) -> None:
        self._world, self._seed, self._noise = world, seed, noise

    def __call__(
        self, day: Day, rows: np.ndarray, candidate: np.ndarray, *, truth: dict[str, np.ndarray] | None = None
    ) -> dict[str, np.ndarray]:
        """`{task: [requests, candidates]}` given the impression, of the visits in rows `[requests]` of a day."""
        if truth is None:
            truth = true_conditionals(self._world, day.history, day.visits.take(rows), candidate)
        at = ((day.first + rows)[:, None], candidate)
        seen = {task: np.minimum(truth[task] * np.exp(self._error(task, at)), 1.0) for task in TASKS}
        return probabilities(truth | seen)

    def _error(self, task: str, at: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return self._noise * normals_at(self._seed, "heavyweight", task, at=at) - self._noise**2 / 2
