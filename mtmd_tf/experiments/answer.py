"""The answer in one table: MTMD against what it replaces, its successor and the paper's literal model."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from mtmd_tf.experiments.ladder.conclusions import NAMES, ours
from mtmd_tf.experiments.ladder.measure import Comparison
from mtmd_tf.experiments.ladder.rungs import AS_IS
from mtmd_tf.experiments.measures.improvement import MEASURES
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import table

_SLICES = "one model a slice"
_AGAINST = {BASELINE: _SLICES, "mmoe_dcn": "mmoe_dcn, its successor", "unshared": "the paper's literal model"}
_LEAD = """\
MTMD runs with its default settings, which follow from the data. A figure is the mean improvement over all slices and
tasks, on later days that no model learned from; above 0 MTMD is better. Against one model a slice it is that of
Table 1, where there is one. The others are of the largest rung of the [ladder](ladder.md) that has both models."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Titled:
    """A measured Table 1.

    Attributes:
        title: Title of its result.
        table: The table.
    """

    title: str
    table: Table1


def answer(tables: Sequence[Titled], ladder: Sequence[Comparison]) -> str:
    """A line for each data set and each model that MTMD is compared with.

    Args:
        tables: Every Table 1 whose mean was measured.
        ladder: Every comparison of the ladder.

    Returns:
        Markdown; empty where MTMD was compared with nothing.
    """
    rows = [*map(_of_table, tables), *_of_ladder(ladder, told=bool(tables))]
    return f"{_LEAD}\n\n{table(rows, names=2)}" if rows else ""


def _of_table(result: Titled) -> dict[str, Any]:
    cells = [cell for cell in result.table.cells if cell.surface != ALL]
    better = sum(cell.kl.value > 0 for cell in cells if cell.kl)
    means = {words: f"{result.table.means[name]:.1f}" for name, words in MEASURES.items()}
    return _row(result.title, _SLICES, result.table.seeds, means) | {"better by KL in": f"{better} of {len(cells)}"}


def _of_ladder(comparisons: Sequence[Comparison], *, told: bool) -> Iterator[dict[str, Any]]:
    """Of each source, against each model the largest rung that has both; `told`: Table 1 has what it replaces."""
    for source, name in NAMES.items():
        here = [each for each in comparisons if (each.rung.source, each.rung.distance) == (source, AS_IS)]
        for old, words in _AGAINST.items():
            found = ours(here, "kl", old=old)
            if not found or (told and old == BASELINE):
                continue
            most = max(found, key=lambda each: each.pairs_a_slice)
            there = [each for each in here if each.rung == most.rung]
            means = {said: f"{ours(there, measure, old=old)[0].improvement:.1f}" for measure, said in MEASURES.items()}
            counted = {"better by KL in": f"{most.better} of {len(most.cells)}"}
            yield _row(f"{name}, {most.rung.name}", words, most.seeds, means) | counted


def _row(data: str, against: str, seeds: Sequence[int], means: dict[str, str]) -> dict[str, Any]:
    return {"data": data, "MTMD against": against, "seeds": f"{len(seeds)}", **means}
