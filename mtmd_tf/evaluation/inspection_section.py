"""The report's section on what is inside an MTMD: mean expert weights and mean gates (paper sections 2.1.2, 2.1.5)."""

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.reporting.markdown import markdown_table

_ROUTING = """\
Mean weight of each expert in the router's softmax, over the requests of a surface or the pairs of a product."""
_DISTANCES = """\
How far each domain has moved from what its tower's domains share: norm of its deviations over the norm of the base.
Where all numbers of a domain are small, it is as the others are; a large one says where it differs."""
_GATES = """\
Mean squeeze-and-excitation gate of each field, 0 to 2: above 1 amplifies; -: the field cannot exist there."""


def inspection_section(evaluation: Evaluation) -> str:
    """Markdown: a table of routing, and one of gates for each tower."""
    parts = ["## Inside the towers"]
    if evaluation.routing:
        experts = list(dict.fromkeys(row.expert for row in evaluation.routing))
        weights: dict[tuple[str, str, str, int], dict[str, float]] = {}
        for row in evaluation.routing:
            weights.setdefault((row.side, row.domain, row.task, row.rows), {})[row.expert] = row.weight
        lines = [
            [side, domain, task, f"{rows:,}", *(f"{of[name]:.3f}" if name in of else "-" for name in experts)]
            for (side, domain, task, rows), of in weights.items()
        ]
        parts += [_ROUTING, markdown_table(["tower", "domain", "task", "rows", *experts], lines, names=3)]
    if evaluation.distances:
        names = list(dict.fromkeys(row.part for row in evaluation.distances))
        moved: dict[tuple[str, str], dict[str, float]] = {}
        for each in evaluation.distances:
            moved.setdefault((each.side, each.domain), {})[each.part] = each.distance
        lines = [
            [*domain, *(f"{of[name]:.2f}" if name in of else "-" for name in names)] for domain, of in moved.items()
        ]
        parts += [_DISTANCES, markdown_table(["tower", "domain", *names], lines, names=2)]
    if evaluation.gates:
        parts.append(_GATES)
    for side in dict.fromkeys(row.side for row in evaluation.gates):
        here = [row for row in evaluation.gates if row.side == side]
        domains = list(dict.fromkeys(row.domain for row in here))
        gate = {(row.field, row.domain): f"{row.gate:.2f}" for row in here}
        lines = [
            [field, *(gate.get((field, domain), "-") for domain in domains)]
            for field in dict.fromkeys(row.field for row in here)
        ]
        parts.append(markdown_table([f"{side} field", *domains], lines, names=1))
    return "\n\n".join(parts)
