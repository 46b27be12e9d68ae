"""Random numbers that belong to a request and an ad, whatever the order of calls: a counter-based hash."""

import hashlib

import numpy as np
from scipy.special import ndtri

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd


def key_of(seed: int, *names: str | int) -> np.uint64:
    """The 64 bits that belong to `seed` and `names`."""
    text = "/".join(str(name) for name in (seed, *names))
    return np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], dtype="<u8")[0]


def hashed(key: np.uint64, *counters: np.ndarray) -> np.ndarray:
    """`[...]` uint64 of integers at least 0 that broadcast together: SplitMix64 of each (Steele et al. 2014)."""
    bits = np.atleast_1d(key)
    with np.errstate(over="ignore"):  # arithmetic of 64 bits is meant to wrap
        for counter in counters:
            bits = _mix(bits + (np.asarray(counter).astype(np.uint64) + np.uint64(1)) * _STEP)
    return bits


def uniforms_at(seed: int, *names: str | int, at: tuple[np.ndarray, ...]) -> np.ndarray:
    """`[...]` float64 between 0 and 1, neither included; a number depends on `seed`, `names` and its index `at` alone.

    Args:
        seed: The seed of the simulation.
        names: What the numbers are for.
        at: Integers that broadcast together, such as requests `[rows, 1]` and ads `[rows, candidates]`.
    """
    bits = hashed(key_of(seed, *names), *at)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def normals_at(seed: int, *names: str | int, at: tuple[np.ndarray, ...]) -> np.ndarray:
    """`[...]` standard normal numbers of `uniforms_at`."""
    return ndtri(uniforms_at(seed, *names, at=at))


def _mix(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
