"""The answer in one table: MTMD against what it replaces, its successor and the paper's literal model."""

from collections.abc import Sequence

from mtmd_tf.experiments.ladder.conclusions import NAMES, ours
from mtmd_tf.experiments.ladder.measure import MEASURES, Comparison
from mtmd_tf.experiments.ladder.rungs import AS_IS
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.reporting.markdown import table

_AGAINST = {
    BASELINE: "against one model a slice",
    "mmoe_dcn": "against mmoe_dcn, its successor",
    "unshared": "against the paper's literal model",
}
_LEAD = """\
MTMD runs with its default settings, which follow from the data, on the largest data sets of the [ladder](ladder.md) so
far. A figure is the mean improvement over all slices and tasks; above 0 MTMD is better."""


def answer(comparisons: Sequence[Comparison]) -> str:
    """A line for each source of data and measure, of its largest rung that has MTMD and its slices' models.

    Args:
        comparisons: Every comparison of the ladder.

    Returns:
        Markdown; empty where MTMD was not compared with its slices' models.
    """
    rows = []
    for source, name in NAMES.items():
        here = [each for each in comparisons if (each.rung.source, each.rung.distance) == (source, AS_IS)]
        if not (found := ours(here, "kl")):
            continue
        most = max(found, key=lambda each: each.pairs_a_slice)
        there = [each for each in here if each.rung == most.rung]
        rows += [
            {
                "data": f"{name}, {most.rung.name}",
                "pairs a slice": f"{most.pairs_a_slice:,.0f}",
                "seeds": f"{len(most.seeds)}",
                "measure": words,
                **{title: _shown(ours(there, measure, old=old)) for old, title in _AGAINST.items()},
            }
            for measure, words in MEASURES.items()
        ]
    return f"{_LEAD}\n\n{table(rows, names=4)}" if rows else ""


def _shown(found: Sequence[Comparison]) -> str:
    return f"{found[0].improvement:.1f}" if found else "-"
