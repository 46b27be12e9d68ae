"""The heavyweight ranker as a noisy oracle: true probabilities with log-normal errors (paper section 1)."""

import numpy as np

from mtmd_tf.simulation.draws import normals_at
from mtmd_tf.simulation.values import TASKS
from tfrecords_tools.sources.adworld.behaviour import conditional_probabilities, probabilities
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


def estimates(
    truth: dict[str, np.ndarray], *, seed: int, request: np.ndarray, candidate: np.ndarray, noise: float
) -> dict[str, np.ndarray]:
    """`{task: [requests, candidates]}` given the impression, as the heavyweight ranker sees them.

        estimate = min(1, truth * exp(noise * z - noise**2 / 2))

    z is standard normal and belongs to the request, the ad and the task: a ranker asked twice says the same.

    Args:
        truth: `{task: [requests, candidates]}` given the parent's event.
        seed: The seed of the simulation.
        request: `[requests]` numbers of the requests.
        candidate: `[requests, candidates]` indices of ads.
        noise: Standard deviation of the errors in ln p.
    """
    at = (request[:, None], candidate)
    seen = {
        task: np.minimum(truth[task] * np.exp(noise * normals_at(seed, "heavyweight", task, at=at) - noise**2 / 2), 1.0)
        for task in TASKS
    }
    return probabilities({task: seen.get(task, own) for task, own in truth.items()})
