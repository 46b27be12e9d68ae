"""One ad world of 2,000 requests, shared by the tests that only read it."""

import numpy as np
import pytest

from tfrecords_tools.requests import Requests
from tfrecords_tools.sources.adworld.behavior import conditional_probabilities, probabilities
from tfrecords_tools.sources.adworld.build import observe
from tfrecords_tools.sources.adworld.pairs import Pairs, walk
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return World.make(seed=1, requests=2000, candidates=20, days=10)


@pytest.fixture(scope="session")
def blocks(world) -> list[Pairs]:
    return list(walk(world))


@pytest.fixture(scope="session")
def requests(world) -> list[Requests]:
    return list(observe(world))


@pytest.fixture(scope="session")
def truth(blocks) -> dict[str, np.ndarray]:
    """`{task: [pairs]}`, given the impression."""
    parts = [probabilities(conditional_probabilities(pairs)) for pairs in blocks]
    return {task: np.concatenate([part[task].ravel() for part in parts]) for task in SCHEMA.task_names}


@pytest.fixture(scope="session")
def happened(requests) -> dict[str, np.ndarray]:
    """`{task: [pairs]}` events."""
    return {task: np.concatenate([block.event[task] for block in requests]) for task in SCHEMA.task_names}


@pytest.fixture(scope="session")
def slice_of_pair(requests) -> np.ndarray:
    """`[pairs]` index into `SCHEMA.slices`."""
    surface = np.concatenate([np.repeat(block.surface, block.lengths) for block in requests])
    return surface * len(SCHEMA.products) + np.concatenate([block.product for block in requests])
