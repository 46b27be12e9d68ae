"""MTMD against each other architecture: the quality, and the share of its serving cost (paper section 3.2)."""

from collections.abc import Mapping

from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.literal import listed
from mtmd_tf.reporting.markdown import number, table

SUCCESSOR = "mmoe_dcn"

_LEAD = (
    f"Improvement of {OURS} over each other architecture, all products; above 0 {OURS} is better. The last columns are "
    f"what a query costs {OURS} as a multiple of what it costs the other; below 1 {OURS} is cheaper."
)
_COSTS = {"flops": "FLOPs", "active_parameters": "active parameters", "median_ms": "median time"}


def table_of_each(measured: Architectures, costs: Mapping[str, Costs]) -> str:
    """A line for each other architecture; empty where MTMD was compared with the models of one slice alone.

    Args:
        measured: The measured table.
        costs: `{architecture: its costs}`.
    """
    found = _direct(measured)
    if set(found) <= {BASELINE}:
        return ""
    rows = [
        {f"{OURS} against": name}
        | {"all tasks" if task == ALL else task: f"{each:.2f}" for task, each in sorted(here.items(), key=_all_last)}
        | {words: number(_multiples(costs, name).get(words), ".2f", none="N/A") for words in _COSTS.values()}
        for name, here in found.items()
    ]
    return f"{_LEAD}\n\n{table(rows, names=1)}"


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


def _all_last(item: tuple[str, Improvement]) -> bool:
    return item[0] == ALL


def _multiples(costs: Mapping[str, Costs], other: str) -> dict[str, float]:
    """`{cost: MTMD's over the other's}`; empty where one was not timed."""
    ours, others = costs[OURS].latency, costs[other].latency
    return {} if ours is None or others is None else {words: ours[key] / others[key] for key, words in _COSTS.items()}
