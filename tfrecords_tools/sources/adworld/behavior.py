"""What users truly do: the probability of every task for every pair, and events drawn from it (paper section 2.3)."""

import numpy as np

from tfrecords_tools.sources.adworld import clicks, reactions
from tfrecords_tools.sources.adworld.names import PRODUCTS
from tfrecords_tools.sources.adworld.pairs import Pairs
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.seeds import generator

_LOG_ODDS = {
    "ctr": clicks.click,
    "gctr": clicks.good_click,
    "octr": clicks.outbound_click,
    "cvr": clicks.conversion,
    "hide": reactions.hide,
    "repin": reactions.repin,
}


def conditional_probabilities(pairs: Pairs) -> dict[str, np.ndarray]:
    """`{task: [requests, candidates]}`: probability given the parent's event, NaN where the task does not exist."""
    conditional = {}
    for task in SCHEMA.tasks:
        exists = np.isin(pairs.of_ad("product"), [PRODUCTS.index(name) for name in task.products or PRODUCTS])
        conditional[task.name] = np.where(exists, 1.0 / (1.0 + np.exp(-_LOG_ODDS[task.name](pairs))), np.nan)
    return conditional


def probabilities(conditional: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`{task: [requests, candidates]}`: probability given the impression, so never above the parent's."""
    marginal: dict[str, np.ndarray] = {}
    for task in SCHEMA.tasks:
        marginal[task.name] = conditional[task.name] * marginal[task.parent] if task.parent else conditional[task.name]
    return marginal


def events(pairs: Pairs, conditional: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`{task: [requests, candidates]}`: 1, 0, or -1 where the task does not exist; a child's 1 implies its parent's."""
    block = pairs.visits.block
    happened: dict[str, np.ndarray] = {}
    for task in SCHEMA.tasks:
        rng = generator(pairs.world.seed, "events", task.name, block.day, block.part)
        event = (rng.random(pairs.candidate.shape) < np.nan_to_num(conditional[task.name])).astype(np.int64)
        event = event * happened[task.parent] if task.parent else event
        happened[task.name] = np.where(np.isnan(conditional[task.name]), -1, event)
    return happened
