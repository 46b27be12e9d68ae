"""Random generators derived from one seed and a name, so that no draw depends on the order of calls."""

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """The generator that belongs to `seed` and `names`, such as `generator(7, "events", day, part)`."""
    digest = hashlib.sha256("/".join(str(name) for name in names).encode()).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, *np.frombuffer(digest, dtype=np.uint32).tolist()]))
