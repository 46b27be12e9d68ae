"""The report's section on what is inside an MTMD: mean expert weights and mean gates (paper sections 2.1.2, 2.1.5)."""

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.reporting.markdown import NO_VALUE, pivot, table

_ROUTING = """\
Mean weight of each expert in the router's softmax, over the requests of a surface or the pairs of a product."""
_DISTANCES = """\
How far each domain has moved from what its tower's domains share: norm of its deviations over the norm of the base.
Where all numbers of a domain are small, it is as the others are; a large one says where it differs."""
_GATES = """\
Mean squeeze-and-excitation gate of each field, 0 to 2: above 1 amplifies; -: the field cannot exist there."""


def inspection_section(evaluation: Evaluation) -> str:
    """Markdown: a table of routing, one of distances, and one of gates for each tower."""
    parts = ["## Inside the towers"]
    if evaluation.routing:
        cells = [
            {"tower": row.side, "domain": row.domain, "task": row.task, "rows": f"{row.rows:,}"}
            | {"expert": row.expert, "value": f"{row.weight:.3f}"}
            for row in evaluation.routing
        ]
        parts += [_ROUTING, _wide(cells, ["tower", "domain", "task", "rows"], columns="expert", names=3)]
    if evaluation.distances:
        cells = [
            {"tower": row.side, "domain": row.domain, "part": row.part, "value": f"{row.distance:.2f}"}
            for row in evaluation.distances
        ]
        parts += [_DISTANCES, _wide(cells, ["tower", "domain"], columns="part", names=2)]
    if evaluation.gates:
        parts.append(_GATES)
    for side in dict.fromkeys(row.side for row in evaluation.gates):
        field = f"{side} field"
        here = [row for row in evaluation.gates if row.side == side]
        cells = [{field: row.field, "domain": row.domain, "value": f"{row.gate:.2f}"} for row in here]
        parts.append(_wide(cells, [field], columns="domain", names=1))
    return "\n\n".join(parts)


def _wide(cells: list[dict[str, str]], index: list[str], *, columns: str, names: int) -> str:
    return table(pivot(cells, index=index, columns=columns, value="value", none=NO_VALUE), names=names)
