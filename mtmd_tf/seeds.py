"""Seeds derived from one seed and a name, never from call order."""

import hashlib
import operator


def derive_seed(seed: int, name: str) -> int:
    """Returns a seed of `[0, 2**31)` that depends on `seed` and `name` alone, on every machine and Python.

    Args:
        seed: The run's one seed, any integer.
        name: Purpose of the seed, such as `"query_tower/home_feed/ctr"`.

    Raises:
        TypeError: If `seed` is not an integer.
    """
    digest = hashlib.sha256(f"{operator.index(seed)}/{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
