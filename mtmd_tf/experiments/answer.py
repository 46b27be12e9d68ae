"""The answer in one table: MTMD against what it replaces, its successor and the paper's literal model."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from mtmd_tf.experiments.ladder.conclusions import ours
from mtmd_tf.experiments.ladder.measure import Comparison
from mtmd_tf.experiments.ladder.rungs import AS_IS, sources
from mtmd_tf.experiments.measures.improvement import MEASURES, Improvement
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.reporting.page import passage

_AGAINST = {
    BASELINE: "one model a slice",
    "mmoe_dcn": "mmoe_dcn, its successor",
    "unshared": "the paper's literal model",
}
_OTHERS = (
    "The others are of the largest rung of the [ladder](ladder.md) that has both models; a word behind the rung names\n"
    "another ladder, such as `cosine` that of ladder-cosine.md."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Line:
    """MTMD against one other on one data set: the means by KL and LogMAE, and the cells that are better by KL."""

    data: str
    against: str
    seeds: int
    kl: Improvement
    log_mae: Improvement
    better: int
    cells: int


def answer(tables: Mapping[str, Table1], ladders: Mapping[str, Sequence[Comparison]]) -> str:
    """A line for each data set and each model that MTMD is compared with.

    Args:
        tables: `{title: its table}` of every Table 1.
        ladders: `{name: comparisons}` of every ladder; the name stands behind its rungs, and that of the ladder of the
            default settings is empty.

    Returns:
        Markdown; empty where MTMD was compared with nothing.
    """
    others = [old for old in _AGAINST if old != BASELINE or not tables]
    rows = [_of_table(title, table) for title, table in tables.items()]
    for name, comparisons in ladders.items():
        rows += _of_ladder(comparisons, others, name=name)
    return passage(pathlib.Path(__file__).with_suffix(".md"), others=_OTHERS if ladders else "", rows=rows)


def _of_table(title: str, table: Table1) -> _Line:
    return _Line(
        data=title,
        against=_AGAINST[BASELINE],
        seeds=len(table.seeds),
        better=sum(cell.kl.value > 0 for cell in table.of_slices),
        cells=len(table.of_slices),
        **table.means,
    )


def _of_ladder(comparisons: Sequence[Comparison], others: Sequence[str], *, name: str) -> Iterator[_Line]:
    """Of each source, against each other the largest rung that has both."""
    for source in sources(each.rung for each in comparisons):
        here = [each for each in comparisons if (each.rung.source, each.rung.distance) == (source, AS_IS)]
        for old in _AGAINST if any(each.rung.own for each in here) else others:  # no Table 1 has data of your own
            if not (found := ours(here, "kl", old=old)):
                continue
            most = max(found, key=lambda each: each.pairs_a_slice)
            rung = most.rung
            there = [each for each in here if each.rung == rung]
            yield _Line(
                data=", ".join(filter(None, (rung.title, "" if rung.own else rung.name, name))),
                against=_AGAINST[old],
                seeds=len(most.seeds),
                better=most.better,
                cells=len(most.cells),
                **{by: ours(there, by, old=old)[0].improvement for by in MEASURES},
            )
