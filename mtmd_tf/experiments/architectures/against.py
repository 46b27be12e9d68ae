"""MTMD against each other architecture: the quality, and the share of its serving cost (paper section 3.2)."""

from collections.abc import Mapping

from mtmd_tf.experiments.architectures.comparison import Architectures, Cell
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.literal import listed

SUCCESSOR = "mmoe_dcn"

_COSTS = {"flops": "FLOPs", "active_parameters": "active parameters", "median_ms": "median time"}


def direct(measured: Architectures) -> list[Cell]:
    """MTMD against each other, all products together; none where its only other is the models of one slice."""
    found = [c for c in measured.cells if c.new == OURS and c.product == ALL and not c.old.endswith(SPLIT)]
    return found if {cell.old for cell in found} - {BASELINE} else []


def multiples(costs: Mapping[str, Costs], other: str) -> dict[str, float]:
    """`{cost of a query: MTMD's over the other's}`; empty where one was not timed."""
    ours, others = costs[OURS].latency, costs[other].latency
    return {} if ours is None or others is None else {words: ours[key] / others[key] for key, words in _COSTS.items()}


def against_successor(measured: Architectures, costs: Mapping[str, Costs]) -> str:
    """MTMD against what followed it, in a sentence; empty where they were not compared."""
    for cell in direct(measured):
        if (cell.old, cell.task) == (SUCCESSOR, ALL):
            words = f"{OURS} against {SUCCESSOR}: LogMAE {cell.improvement:.2f}, mean of the tasks' improvements"
            shares = [f"{value:.2f} times its {name}" for name, value in multiples(costs, SUCCESSOR).items()]
            return f"{words}; a query costs {listed(shares)}." if shares else f"{words}."
    return ""
