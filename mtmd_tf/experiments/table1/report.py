"""Table 1 as Markdown and as a heat map, the paper's own figures beside it (paper Table 1)."""

import pathlib
from collections.abc import Sequence

from matplotlib.figure import Figure

from mtmd_tf.evaluation.figures import save_figure
from mtmd_tf.experiments.measures import funnel, funnel_report
from mtmd_tf.experiments.measures.improvement import gain
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import INTERVALS, facts, runs_table
from mtmd_tf.experiments.table1 import conclusion as pays
from mtmd_tf.experiments.table1 import floors
from mtmd_tf.experiments.table1 import measures as table1_measures
from mtmd_tf.experiments.table1.comparison import FILE_NAME, Cell, Table1
from mtmd_tf.experiments.table1.costs import cost, parameters
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.heat_map import improvement_map
from mtmd_tf.reporting.markdown import markdown_table

PAPER = {
    ("home_feed", "shopping"): {"ctr": 35.65, "gctr": 32.30},
    ("home_feed", "standard"): {"ctr": 20.25, "gctr": 36.66, "octr": 23.40},
    ("related_pin", "shopping"): {"ctr": 32.31, "gctr": 31.06},
    ("related_pin", "standard"): {"ctr": 23.38, "gctr": 22.65, "octr": 36.58},
    ("search", "shopping"): {"ctr": 16.84, "gctr": 23.48},
    ("search", "standard"): {"ctr": 12.42, "gctr": 23.69, "octr": 35.62},
}
PAPER_LEAST = 12.0  # percent, the paper's smallest improvement

_FIGURE = "table1.png"
_READING = """\
- LogMAE: mean |ln p - ln y| of prediction p and label y, the heavyweight ranker's, both clipped to [1e-06, 1].
- improvement: 100 * (1 - LogMAE of the one model / LogMAE of the model it replaces in that slice), each the mean of the
  seeds. Above 0 the one model is better. All measured on the split eval, on the same pairs."""


def write(folder: pathlib.Path) -> str:
    """Writes table1.md, table1.html and table1.png from what is in the folder of results; returns the report.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = Table1.load(folder / FILE_NAME)
    records = list(results.kept(folder, table.run_names).values())
    save_figure(heat_map(table), folder / _FIGURE)
    text = report(table, records, figure=_FIGURE)
    results.write_report(text, folder / "table1.md")
    return text


def report(table: Table1, records: Sequence[Record], *, figure: str = "") -> str:
    """The text of `table1.md`.

    Args:
        table: What was measured.
        records: Those of its runs.
        figure: Path of the heat map, relative to the report's folder.

    Raises:
        KeyError: A run without a record.
    """
    by_name = {record.run: record for record in records}
    unified = [by_name[name] for name in table.unified]
    replaced = [[by_name[name] for name in names] for names in table.replaced]
    runs = [each for one, many in zip(unified, replaced, strict=True) for each in (one, *many)]
    intervals = {place: cell.kl for place, cell in _by_place(table).items() if cell.kl and ALL not in place}
    others = table1_measures.measured(runs)
    joint = [by_name[name] for name in table.floor]
    left = list(floors.floors(unified, replaced, joint, table.noise)) if joint or table.noise else []
    cuts = funnel.compare({"one model": [[record] for record in unified], "its slice's": replaced})
    reading = [_READING, *([table1_measures.READING] if others else [])]
    reading += [floors.READING] if left else []
    reading += [*([funnel_report.READING] if cuts else []), INTERVALS]
    parts = [
        "# Table 1: one model against those it replaces",
        _head(table, runs),
        f"**Does one model pay here?** {pays.sentence(table)}",
        "## Improvement of LogMAE",
        verdict(table),
        improvements(table),
        *([f"![Improvement of LogMAE]({figure})"] if figure else []),
        *(["## KL, calibration and AUC", table1_measures.verdict(unified, replaced, intervals)] if others else []),
        *([table1_measures.beside_each_other(unified, replaced, intervals)] if others else []),
        *(["## What there is to gain", floors.section(left)] if left else []),
        "## Parameters",
        parameters(unified[0], replaced[0]),
        "## Training cost",
        cost(unified, replaced),
        *(["## Funnel", funnel_report.beside_each_other(cuts)] if cuts else []),
        "## In detail",
        _detail(table),
        "## The runs",
        runs_table([*runs, *joint]),
        "## How to read it",
        "\n".join(reading),
    ]
    return "\n\n".join(parts) + "\n"


def heat_map(table: Table1) -> Figure:
    """Improvement of LogMAE in percent, slices down and tasks across."""
    tasks, slices, cells = _tasks(table), _slices(table), _by_place(table)
    here = [[cells.get((*pair, task)) for task in tasks] for pair in slices]
    return improvement_map(
        [[cell.improvement if cell else None for cell in line] for line in here],
        exists=[[cell is not None for cell in line] for line in here],
        rows=[_place(pair) for pair in slices],
        columns=tasks,
        title="LogMAE: improvement over each slice's own model",
        legend="better than its slice's model is blue",
    )


def _head(table: Table1, records: Sequence[Record]) -> str:
    baseline = next(record for record in records if record.slice)
    many = f"{len(table.replaced[0])} models that it replaces, one a slice"
    return facts({"one model": records[0], many: baseline}, records, seeds=table.seeds)


def verdict(table: Table1) -> str:
    """In how many cells the one model is better, surely better, and better by the paper's least, slice by slice."""
    cells = [cell for cell in table.cells if cell.surface != ALL]
    sure, large = sum(cell.low > 0 for cell in cells), sum(cell.improvement >= PAPER_LEAST for cell in cells)
    better = sum(cell.improvement > 0 for cell in cells)
    return (
        f"Better in {better} of {len(cells)} cells, the whole interval above 0 in {sure}, "
        f"at least {PAPER_LEAST:g}%, the paper's smallest, in {large}."
    )


def improvements(table: Table1) -> str:
    """A line a slice: improvement of each task with its interval, and the paper's where it has that slice."""
    tasks, cells = _tasks(table), _by_place(table)
    compared = [task for task in tasks if any(task in PAPER.get(pair, {}) for pair in _slices(table))]
    rows = []
    for surface, product in _slices(table):
        paper = PAPER.get((surface, product), {})
        here = [cells.get((surface, product, task)) for task in tasks]
        rows.append(
            [
                surface,
                product,
                *(gain(cell, digits=1) for cell in here),
                *(_percent(paper.get(task)) for task in compared),
            ]
        )
    return markdown_table(["surface", "product", *tasks, *(f"paper's {task}" for task in compared)], rows, names=2)


def _detail(table: Table1) -> str:
    rows = [
        [cell.surface, cell.product, cell.task]
        + [f"{cell.pairs:,}", f"{cell.requests:,}", f"{cell.unified:.4f}", f"{cell.replaced:.4f}", gain(cell, digits=1)]
        + [", ".join(f"{value:+.1f}" for value in cell.by_seed)]
        for cell in table.cells
    ]
    header = [
        "surface",
        "product",
        "task",
        "pairs",
        "requests",
        "one model",
        "its slice's",
        "improvement",
        "by seed, %",
    ]
    return markdown_table(header, rows, names=3)


def _slices(table: Table1) -> list[tuple[str, str]]:
    return list(dict.fromkeys((cell.surface, cell.product) for cell in table.cells))


def _tasks(table: Table1) -> list[str]:
    return list(dict.fromkeys(cell.task for cell in table.cells))


def _by_place(table: Table1) -> dict[tuple[str, str, str], Cell]:
    return {(cell.surface, cell.product, cell.task): cell for cell in table.cells}


def _place(pair: tuple[str, str]) -> str:
    return "all slices" if pair == (ALL, ALL) else f"{pair[0]} x {pair[1]}"


def _percent(value: float | None) -> str:
    return "N/A" if value is None else f"{value:+.1f}%"
