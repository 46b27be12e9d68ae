"""How fast all cores together read memory: the bound of whatever reads weights or embeddings once."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np


@contextlib.contextmanager
def memory_reader(size: int) -> Iterator[Callable[[], float]]:
    """A function that reads `size` bytes with all cores and returns how many it read a second.

    Args:
        size: Bytes, many times a cache.
    """
    threads = len(os.sched_getaffinity(0))
    parts = np.array_split(np.ones(size // 8, np.int64), 4 * threads)  # integers add up at the memory's speed
    with ThreadPoolExecutor(threads) as pool:

        def read() -> float:
            begun = time.perf_counter()
            list(pool.map(np.sum, parts))
            return sum(part.nbytes for part in parts) / (time.perf_counter() - begun)

        yield read
