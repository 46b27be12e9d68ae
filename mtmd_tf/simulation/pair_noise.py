"""Errors of observation that belong to a request and an ad, for what the trained heavyweight ranker sees."""

import itertools

import numpy as np
from scipy import stats

from mtmd_tf.simulation.draws import normals_at, uniforms_at


class PairNoise:
    """Stands in for a generator of NumPy: its n-th call gives the n-th numbers of each pair, wherever it is asked for.

    Args:
        seed: The seed of the simulation.
        request: `[requests]` numbers of the requests.
        candidate: `[requests, candidates]` indices of ads.
    """

    def __init__(self, seed: int, request: np.ndarray, candidate: np.ndarray) -> None:
        self._seed, self._at, self._calls = seed, (request[:, None], candidate), itertools.count()

    def normal(self, loc: float, scale: float, size: tuple[int, ...]) -> np.ndarray:
        """Normal numbers, `[requests, candidates]`."""
        return loc + scale * normals_at(self._seed, "observed", next(self._calls), at=self._at).reshape(size)

    def random(self, size: tuple[int, ...]) -> np.ndarray:
        """Uniform numbers, `[requests, candidates]`."""
        return uniforms_at(self._seed, "observed", next(self._calls), at=self._at).reshape(size)

    def poisson(self, lam: np.ndarray) -> np.ndarray:
        """Poisson numbers of the means `lam`, `[requests, candidates]`."""
        return stats.poisson.ppf(self.random(lam.shape), lam)
