"""The answer in one table: MTMD against what it replaces, its successor and the paper's literal model."""

import pathlib
from collections.abc import Sequence

from mtmd_tf.experiments.ladder.conclusions import NAMES, ours
from mtmd_tf.experiments.ladder.measure import MEASURES, Comparison
from mtmd_tf.experiments.ladder.rungs import AS_IS
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.reporting.page import passage

_AGAINST = {
    BASELINE: "against one model a slice",
    "mmoe_dcn": "against mmoe_dcn, its successor",
    "unshared": "against the paper's literal model",
}


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
        for by, measure in MEASURES.items():
            for old, title in _AGAINST.items():
                other = next(iter(ours(there, by, old=old)), None)
                rows.append((f"{name}, {most.rung.name}", most, len(most.seeds), measure, title, other))
    return passage(pathlib.Path(__file__).with_suffix(".md"), rows=rows)
