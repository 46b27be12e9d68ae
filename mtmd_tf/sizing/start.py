"""What experts of many domains cost before the first training step: each is its own part of the graph (section 2.1)."""

import dataclasses

from mtmd_tf.config import ModelConfig
from mtmd_tf.sizing.dense import dense_weights
from mtmd_tf.sizing.facts import Facts
from tfrecords_tools.tables import in_units

# Counted and measured at 3, 10 and 30 surfaces, and at 1, 3 and 6 tasks (docs/performance.md, "Many domains").
_OPERATIONS, _OF_A_DOMAIN, _OF_A_TASK = 1_700, 930, 80
_SECONDS = 1.2e-3  # of processor time an operation: variables, optimizer slots, tracing, first execution
_BYTES, _EMPTY_BYTES = 24_000, 900_000_000  # an operation; a process that has TensorFlow and small batches
_OWN = 16  # bytes a dense weight: itself, Adam's two moments and a gradient
_SHARED = 8  # bytes a dense weight that is made of its base: itself and a gradient
_LONG = 30.0  # seconds, from which on it is said


@dataclasses.dataclass(frozen=True, kw_only=True)
class Start:
    """What happens before the first step is done, about.

    Attributes:
        operations: Operations of a training step.
        seconds: Seconds of processor time, TensorFlow's import aside.
        size: Bytes of memory, embedding tables aside.
    """

    operations: int
    seconds: float
    size: int


def start_of(config: ModelConfig, facts: Facts) -> Start:
    """Of an `mtmd` model; other architectures have no part for each domain."""
    domains = (*facts.query.domains, *facts.item.domains)
    operations = _OPERATIONS + sum(_OF_A_DOMAIN + _OF_A_TASK * domain.tasks for domain in domains)
    each = _OWN if config.domain_sharing == "none" else _SHARED
    size = _EMPTY_BYTES + _BYTES * operations + each * dense_weights(config, facts)
    return Start(operations=operations, seconds=_SECONDS * operations, size=size)


def slow_start(config: ModelConfig, facts: Facts) -> str:
    """A sentence for whoever would wait long; empty where nobody does."""
    start = start_of(config, facts)
    if config.architecture != "mtmd" or start.seconds < _LONG:
        return ""
    return (
        f"{len(facts.query.domains):,} surfaces and {len(facts.item.domains):,} products have an expert each: before "
        f"the first step, about {round(start.seconds, -1):,.0f} s of processor time and {in_units(start.size)} of "
        f"memory for {round(start.operations, -3):,} operations. It grows with each domain: give those that are alike "
        "one name in the log, or compare --architecture=shared_bottom, whose graph does not grow."
    )
