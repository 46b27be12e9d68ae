"""MTMD against each other architecture: the quality, and the share of its serving cost (paper section 3.2)."""

from collections.abc import Iterable, Mapping

from mtmd_tf.experiments.architectures.comparison import Architectures, Cell
from mtmd_tf.experiments.architectures.costs import Costs
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.measures.improvement import gain
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

SUCCESSOR = "mmoe_dcn"

_LEAD = (
    f"Improvement of {OURS} over each other architecture, all products; above 0 {OURS} is better. The last columns are "
    f"what a query costs {OURS} as a multiple of what it costs the other; below 1 {OURS} is cheaper."
)
_COSTS = {"flops": "operations", "active_parameters": "active parameters", "median_ms": "median time"}


def table_of_each(table: Architectures, paid: Mapping[str, Costs]) -> str | None:
    """A line for each other architecture; None where none but the models of one slice was compared with MTMD.

    Args:
        table: What was measured.
        paid: `{contender: what it costs}`.
    """
    cells = _direct(table)
    others = list(dict.fromkeys(name for name, _ in cells))
    if set(others) <= {BASELINE}:
        return None
    tasks = list(dict.fromkeys(task for _, task in cells if task != ALL))
    rows = [
        [name, *(gain(cells[name, task], digits=2) for task in (*tasks, ALL)), *_shown(_multiples(paid, name))]
        for name in others
    ]
    header = [f"{OURS} against", *tasks, "all tasks", *_COSTS.values()]
    return f"{_LEAD}\n\n{markdown_table(header, rows, names=1)}"


def against_successor(table: Architectures, paid: Mapping[str, Costs]) -> str | None:
    """MTMD against what followed it, in a sentence; None where they were not compared."""
    cell = _direct(table).get((SUCCESSOR, ALL))
    if cell is None:
        return None
    words = f"{OURS} against {SUCCESSOR}: LogMAE {gain(cell, digits=2)}, mean of the tasks' improvements"
    multiples = _multiples(paid, SUCCESSOR)
    if multiples is None:
        return f"{words}."
    [*most, last] = [f"{multiples[key]:.2f} times its {name}" for key, name in _COSTS.items()]
    return f"{words}; a query costs {', '.join(most)} and {last}."


def _direct(table: Architectures) -> dict[tuple[str, str], Cell]:
    """`{(the other, task): MTMD against it}` for all products together."""
    return {
        (cell.old, cell.task): cell
        for cell in table.cells
        if cell.new == OURS and cell.product == ALL and not cell.old.endswith(SPLIT)
    }


def _multiples(paid: Mapping[str, Costs], other: str) -> Mapping[str, float] | None:
    mine, theirs = paid[OURS].latency, paid[other].latency
    return None if mine is None or theirs is None else {name: mine[name] / theirs[name] for name in _COSTS}


def _shown(multiples: Mapping[str, float] | None) -> Iterable[str]:
    return ["N/A"] * len(_COSTS) if multiples is None else [f"{value:.2f}" for value in multiples.values()]
