"""The first stage: a few thousand ads of a request by context, interest, popularity and chance (paper section 1)."""

import numpy as np

from tfrecords_tools.sources.adworld.names import HOME_FEED
from tfrecords_tools.sources.adworld.seeds import uniforms
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World

_CONTEXT, _INTEREST, _PAID, _ANY = 0.35, 0.30, 0.25, 0.10  # shares of the mix, as in the data set, less exploration
_SHARPNESS = 6.0  # of the choice by cosine
_ROWS = 64  # requests at a time: their weights stay in the cache


class Retrieval:
    """Draws ads without replacement, each with a weight that mixes four sources.

    An ad's time of an exponential race is -ln(u) / weight, and the first ones are taken (Efraimidis and Spirakis 2006).

    Args:
        world: The world whose ads are retrieved.
        seed: The seed of the simulation.
        candidates: Number of ads for a request.
    """

    def __init__(self, world: World, *, seed: int, candidates: int) -> None:
        self._world, self._seed, self._candidates = world, seed, candidates
        self._topic = np.ascontiguousarray(world.ads.topic.T, dtype=np.float32)
        paid = world.ads.impressions * world.ads.bid
        self._always = (_PAID * paid / paid.sum() + _ANY / len(paid)).astype(np.float32)

    def __call__(self, visits: Visits, *, first: int) -> np.ndarray:
        """`[requests, candidates]` int32 indices of ads, in ascending order, distinct within a request.

        Args:
            visits: Visits that follow one another.
            first: Number of the first one's request.
        """
        found = [
            self._block(visits.take(np.arange(start, min(start + _ROWS, len(visits)))), first + start)
            for start in range(0, len(visits), _ROWS)
        ]
        return np.concatenate(found) if found else np.zeros((0, self._candidates), np.int32)

    def _block(self, visits: Visits, first: int) -> np.ndarray:
        ads = len(self._always)
        interest = self._world.users.interest[visits.user].astype(np.float32)
        context = np.where((visits.surface == HOME_FEED)[:, None], interest, visits.context.astype(np.float32))
        weight = _CONTEXT * self._near(context) + _INTEREST * self._near(interest) + self._always
        drawn = uniforms(self._seed, "retrieval", first=first, rows=len(visits), each=ads).astype(np.float32)
        time = -np.log(np.maximum(drawn, np.float32(1e-30))) / weight
        chosen = np.argpartition(time, min(self._candidates, ads - 1), axis=1)[:, : self._candidates]
        return np.sort(chosen, axis=1).astype(np.int32)

    def _near(self, vectors: np.ndarray) -> np.ndarray:
        weight = np.exp(np.float32(_SHARPNESS) * (vectors @ self._topic))
        return weight / weight.sum(axis=1, keepdims=True)
