"""Table 1 as Markdown and as a heat map, the paper's own figures beside it (paper Table 1)."""

import math
import pathlib
from collections.abc import Iterator, Mapping

from matplotlib.figure import Figure

from mtmd_tf.experiments.measures import funnel, funnel_report
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import run_parts
from mtmd_tf.experiments.table1 import floors, measures
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.experiments.table1.conclusion import conclusion
from mtmd_tf.experiments.table1.costs import costs
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import improvement_map
from mtmd_tf.reporting.page import page, passage

PAPER = {
    ("home_feed", "shopping"): {"ctr": 35.65, "gctr": 32.30},
    ("home_feed", "standard"): {"ctr": 20.25, "gctr": 36.66, "octr": 23.40},
    ("related_pin", "shopping"): {"ctr": 32.31, "gctr": 31.06},
    ("related_pin", "standard"): {"ctr": 23.38, "gctr": 22.65, "octr": 36.58},
    ("search", "shopping"): {"ctr": 16.84, "gctr": 23.48},
    ("search", "standard"): {"ctr": 12.42, "gctr": 23.69, "octr": 35.62},
}
PAPER_LEAST = 12.0  # percent, the paper's smallest improvement

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def report(measured: Table1, records: Mapping[str, Record]) -> results.Report:
    """The report and the answer to "does one model pay here?"; raises KeyError for a run without a record."""
    unified = [records[name] for name in measured.unified]
    replaced = [[records[name] for name in names] for names in measured.replaced]
    joint = [records[name] for name in measured.floor]
    runs = [each for one, many in zip(unified, replaced, strict=True) for each in (one, *many)]
    improved = [cell for cell in measured.of_slices if not math.isnan(cell.kl.value)]
    beside = list(measures.beside(improved, unified, replaced))
    cuts = funnel.compare({"one model": [[record] for record in unified], "its slice's": replaced})
    baseline = next(record for record in runs if record.slice)
    named = {"one model": runs[0], f"{len(replaced[0])} models that it replaces, one a slice": baseline}
    answer = conclusion(measured)
    short = passage(
        _PAGE.with_name("summary.md"),
        answer=answer,
        better=summary(measured),
        improvements=[*improvements(measured)],
        by_kl=measures.summary(beside),
        models=len(replaced[0]),
        costs=[*costs(unified, replaced)],
    )
    text = page(
        _PAGE,
        summary=short,
        left_out="\n".join(f"- {line}; its pairs are in no cell." for line in measured.left_out),
        beside=beside,
        floors=floors.section(list(floors.floors(unified, replaced, joint, measured.noise))),
        funnel=funnel_report.side_by_side(cuts),
        cells=measured.cells,
        **run_parts(named, runs, seeds=measured.seeds, others=joint),
    )
    return results.Report(text=text, summary=short, answer=answer, figures={"table1": heat_map(measured)})


def heat_map(measured: Table1) -> Figure:
    """Improvement of LogMAE in percent, slices down and tasks across."""
    gain: dict[tuple[str, str], float | None] = {}
    cells = {(cell.surface, cell.product, cell.task): cell.improvement.value for cell in measured.cells}
    for pair in _slices(measured):
        for task in dict.fromkeys(task for *_, task in cells):
            gain["all slices" if pair == (ALL, ALL) else " x ".join(pair), task] = cells.get((*pair, task))
    title = "LogMAE: improvement over each slice's own model"
    return improvement_map(gain, title=title, legend="better than its slice's model is blue")


def summary(measured: Table1) -> str:
    """In how many cells the one model is better, significantly better, and better by the paper's least."""
    cells = [cell.improvement for cell in measured.of_slices]
    large, sure = sum(c.value >= PAPER_LEAST for c in cells), sum(c.significantly_better for c in cells)
    return (
        f"Better in {sum(each.value > 0 for each in cells)} of {len(cells)} cells, the whole interval above 0 in "
        f"{sure}, at least {PAPER_LEAST:g}%, the paper's smallest, in {large}."
    )


def improvements(measured: Table1) -> Iterator[tuple[str, str, str, str]]:
    """Slice, column and text of each task's improvement, and of the paper's where it has that slice."""
    for cell in measured.cells:
        yield cell.surface, cell.product, cell.task, f"{cell.improvement:.1f}"
    for task in dict.fromkeys(cell.task for cell in measured.cells):
        for pair in _slices(measured):
            if task in PAPER.get(pair, {}):
                yield *pair, f"paper's {task}", f"{PAPER[pair][task]:+.1f}%"


def _slices(measured: Table1) -> list[tuple[str, str]]:
    return list(dict.fromkeys((cell.surface, cell.product) for cell in measured.cells))
