"""Random choices that depend on a seed and a key, never on what else is drawn."""

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mix(seed: int, name: str, *keys: np.ndarray) -> np.ndarray:
    """Well-mixed uint64, `[rows]`, of a seed, a purpose and keys `[rows]` (SplitMix64)."""
    mixed = np.full(1, (seed * 1_000_003 + int.from_bytes(name.encode(), "little")) % 2**64, np.uint64)
    for key in ([0], *keys):
        mixed = mixed + _GOLDEN ^ np.asarray(key).astype(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def in_share(ids: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """Whether each id, `[rows]`, falls into the share; a larger share holds every smaller one."""
    return (mix(seed, "household", ids) >> np.uint64(11)).astype(np.float64) * 2.0**-53 < share


def choose(population: np.ndarray, count: int, keys: np.ndarray, *, seed: int) -> np.ndarray:
    """A uniform sample of `min(count, population)` of `0..population-1` per row, no number twice (Floyd's algorithm).

    Args:
        population: Population of each row, `[rows]` ints.
        count: Size of the sample.
        keys: `[rows]` ints; equal keys and populations give equal samples.

    Returns:
        `[rows, count]`, -1 beyond the sample of a small population.
    """
    population = np.asarray(population, np.int64)
    chosen = np.full((len(population), count), -1, np.int64)
    for step in range(count):
        top = population - np.minimum(population, count) + step
        drawn = (mix(seed, "candidate", keys, [step]) % (np.maximum(top, 0) + 1).astype(np.uint64)).astype(np.int64)
        repeated = (chosen[:, :step] == drawn[:, None]).any(axis=1)
        chosen[:, step] = np.where(step < population, np.where(repeated, top, drawn), -1)
    return chosen
