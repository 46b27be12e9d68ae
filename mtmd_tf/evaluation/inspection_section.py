"""The report's section on the parts of an MTMD: mean expert weights and mean gates (paper sections 2.1.2, 2.1.5)."""

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.reporting.markdown import NO_VALUE, lines, pivot, table

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
        header = "tower | domain | task | rows | expert | value"
        cells = "{0.side} | {0.domain} | {0.task} | {0.rows:,} | {0.expert} | {0.weight:.3f}"
        parts += [_ROUTING, _wide(lines(header, cells, evaluation.routing), names=3)]
    if evaluation.distances:
        cells = "{0.side} | {0.domain} | {0.part} | {0.distance:.2f}"
        parts += [_DISTANCES, _wide(lines("tower | domain | part | value", cells, evaluation.distances), names=2)]
    if evaluation.gates:
        parts.append(_GATES)
    for side in dict.fromkeys(row.side for row in evaluation.gates):
        here = [row for row in evaluation.gates if row.side == side]
        shown = lines(f"{side} field | domain | value", "{0.field} | {0.domain} | {0.gate:.2f}", here)
        parts.append(_wide(shown, names=1))
    return "\n\n".join(parts)


def _wide(cells: list[dict[str, str]], *, names: int) -> str:
    """The last two columns are what becomes the header, and the values."""
    *index, columns, value = cells[0]
    return table(pivot(cells, index=index, columns=columns, value=value, none=NO_VALUE), names=names)
