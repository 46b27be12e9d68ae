"""A small ad world and simulations of it."""

import functools

from mtmd_tf.config import SimulationConfig
from mtmd_tf.simulation.arms import arms_named
from mtmd_tf.simulation.blocks import Plan
from tfrecords_tools.sources.adworld.world import World


@functools.cache
def small_world() -> World:
    """60 users, 400 ads of 20 advertisers."""
    return World.make(seed=3, requests=600, candidates=20, days=6)


def small_plan(*arms: str, block: int = 0, **settings) -> Plan:
    """600 requests over 3 days, 60 candidates of which 10 are kept."""
    config = {"requests": 600, "candidates": 60, "keep": 10, "tick_minutes": 120, "seed": 5} | settings
    return Plan(
        world=small_world(),
        arms=arms_named(arms or ("random", "oracle")),
        config=SimulationConfig(**config),
        block=block,
    )
