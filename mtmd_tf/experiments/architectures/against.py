"""MTMD against each other architecture: the quality, and the share of its serving cost (paper section 3.2)."""

from collections.abc import Iterator, Mapping

from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.literal import listed
from mtmd_tf.reporting.markdown import number

SUCCESSOR = "mmoe_dcn"

_COSTS = {"flops": "FLOPs", "active_parameters": "active parameters", "median_ms": "median time"}


def against_each(measured: Architectures, costs: Mapping[str, Costs]) -> Iterator[tuple[str, str, str]]:
    """Other architecture, column and text of each cell; none where MTMD was compared with models of one slice alone.

    Args:
        measured: The measured table.
        costs: `{architecture: its costs}`.
    """
    found = _direct(measured)
    for name, here in found.items() if set(found) - {BASELINE} else ():
        multiples = _multiples(costs, name)
        for task in sorted(here, key=lambda task: task == ALL):
            yield name, "all tasks" if task == ALL else task, f"{here[task]:.2f}"
        yield from ((name, words, number(multiples.get(words), ".2f", none="N/A")) for words in _COSTS.values())


def against_successor(measured: Architectures, costs: Mapping[str, Costs]) -> str:
    """MTMD against what followed it, in a sentence; empty where they were not compared."""
    found = _direct(measured).get(SUCCESSOR)
    if found is None:
        return ""
    words = f"{OURS} against {SUCCESSOR}: LogMAE {found[ALL]:.2f}, mean of the tasks' improvements"
    multiples = [f"{value:.2f} times its {name}" for name, value in _multiples(costs, SUCCESSOR).items()]
    return f"{words}; a query costs {listed(multiples)}." if multiples else f"{words}."


def _direct(measured: Architectures) -> dict[str, dict[str, Improvement]]:
    """`{other architecture: {task: improvement of MTMD over it}}` for all products together."""
    found: dict[str, dict[str, Improvement]] = {}
    for cell in measured.cells:
        if cell.new == OURS and cell.product == ALL and not cell.old.endswith(SPLIT):
            found.setdefault(cell.old, {})[cell.task] = cell.improvement
    return found


def _multiples(costs: Mapping[str, Costs], other: str) -> dict[str, float]:
    """`{cost: MTMD's over the other's}`; empty where one was not timed."""
    ours, others = costs[OURS].latency, costs[other].latency
    return {} if ours is None or others is None else {words: ours[key] / others[key] for key, words in _COSTS.items()}
