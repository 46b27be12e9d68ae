"""Random numbers derived from one seed and a name, so that no draw depends on the order of calls."""

import hashlib

import numpy as np

_AT_ONCE = 4  # numbers that Philox makes of one counter


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator that belongs to `seed` and `names`, such as `generator(7, "events", day, part)`."""
    return np.random.default_rng(_sequence(seed, names))


def cohort_names(cohort: int) -> tuple[int, ...]:
    """What a cohort of users adds to the names of its draws: nothing for cohort 0, the users of the data set."""
    return (cohort,) if cohort else ()


def uniforms(seed: int, *names: str | int, first: int, rows: int, each: int) -> np.ndarray:
    """`[rows, each]` float64 in [0, 1): the numbers of rows `first` to `first + rows`, however they are cut into calls.

    They come from a counter-based generator (Salmon et al. 2011): a row's numbers depend on `seed`, `names`, the row
    and `each` alone.
    """
    width = -(-each // _AT_ONCE) * _AT_ONCE
    bits = np.random.Philox(_sequence(seed, names))
    bits.advance(first * width // _AT_ONCE)
    return np.random.Generator(bits).random((rows, width))[:, :each]


def _sequence(seed: int, names: tuple[str | int, ...]) -> np.random.SeedSequence:
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return np.random.SeedSequence([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()])
