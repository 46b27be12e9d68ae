"""The architectures side by side as Markdown (paper section 3.2)."""

import pathlib
from collections.abc import Mapping

from mtmd_tf.evaluation.figures import save_figure
from mtmd_tf.experiments.architectures import figure as arch_figure
from mtmd_tf.experiments.architectures import timing as arch_timing
from mtmd_tf.experiments.architectures.against import table_of_each
from mtmd_tf.experiments.architectures.comparison import FILE_NAME, Architectures, Cell
from mtmd_tf.experiments.architectures.costs import Costs, costs_of_all
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.measures import funnel, funnel_report
from mtmd_tf.experiments.measures.improvement import gain
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import INTERVALS, facts, runs_table
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

_FIGURE = "arch.png"
_LATENCY = {"median_ms": ".2f", "p99_ms": ".2f", "flops": ",.0f", "active_parameters": ",.0f"}

_READING = f"""\
- equal budget: equal data, epochs and embedding widths (those without a shallow part are wider by as much as MTMD's
  is), the same batch and optimizer, but for what the settings above say. It does not mean equal parameters: the table
  of costs has how many each needs.
- {BASELINE}: one model a slice, surface x product; all of them answer together.
- LogMAE: mean |ln p - ln y| over the pairs of one task, both clipped to [1e-06, 1]; the mean of the seeds. "all tasks"
  is the mean of the tasks.
- improvement: 100 * (1 - LogMAE / LogMAE of what it is compared with), percent, task by task; "all tasks" is the mean
  of the tasks' improvements. Above 0 it is better. On the split eval, on the same pairs.
- AUC: against events, the mean of the slices, surface x product, and of the seeds.
- latency, operations and active parameters: of the query tower for one query, the mean of the surfaces. Models of one
  product each must all answer a query: theirs are added up.
- non-embedding parameters of "{OURS}{SPLIT}": they count experts that are never used, as a model of one
  product still makes those of the others. Active parameters count what a query reaches alone."""


def write(folder: pathlib.Path) -> str:
    """Writes arch.md, arch.html and arch.png from what is in the folder of results; returns the report.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = Architectures.load(folder / FILE_NAME)
    records, timing = results.kept(folder, table.run_names), arch_timing.kept(folder, table)
    figure = arch_figure.quality_and_cost(table, costs_of_all(table, records, timing=timing))
    if figure is not None:
        save_figure(figure, folder / _FIGURE)
    text = report(table, records, timing=timing, figure=_FIGURE if figure is not None else "")
    results.write_report(text, folder / "arch.md")
    return text


def report(
    table: Architectures, records: Mapping[str, Record], *, timing: Timing | None = None, figure: str = ""
) -> str:
    """The text of `arch.md`.

    Args:
        table: What was measured.
        records: `{run: its record}`.
        timing: Of the same runs' queries in turn; without it they cost what each run measured when it ended.
        figure: Path of the figure, relative to the report's folder.

    Raises:
        KeyError: A run without a record.
    """
    runs = [records[name] for name in table.run_names]
    named = {name: records[seeds[0][0]] for name, seeds in table.runs.items() if not name.endswith(SPLIT)}
    paid = costs_of_all(table, records, timing=timing)
    against = table_of_each(table, paid)
    cuts = funnel.compare({name: [[records[r] for r in each] for each in seeds] for name, seeds in table.runs.items()})
    parts = [
        "# Architectures at equal budget",
        facts(named, runs, seeds=table.seeds),
        f"## LogMAE, and improvement over {BASELINE}",
        _quality(table),
        *([f"![Quality against cost]({figure})"] if figure else []),
        "## Parameters, training cost and the cost of a query",
        _cost_table(paid),
        *(["## MTMD against each of the others", against] if against else []),
        "## AUC against events",
        _auc(paid),
        *(["## Funnel", funnel_report.one_a_line(cuts)] if cuts else []),
        "## Does splitting by product help?",
        _splits(table),
        "## By product",
        _detail(table),
        "## The runs",
        runs_table(runs),
        "## How to read it",
        "\n".join([_READING, _times(timing), *([funnel_report.READING] if cuts else []), INTERVALS]),
    ]
    return "\n\n".join(parts) + "\n"


def _quality(table: Architectures) -> str:
    cells = {(c.new, c.task): c for c in table.cells if c.old == BASELINE and c.product == ALL}
    tasks = list(dict.fromkeys(task for _, task in cells if task != ALL))
    rows = []
    for name in table.runs:
        errors = [f"{cells[name, task].log_mae:.4f}" for task in (*tasks, ALL)]
        rows.append([name, *errors, *(_gain(cells[name, task], name) for task in (*tasks, ALL))])
    header = [f"LogMAE {task}" for task in tasks] + ["LogMAE, all tasks"]
    return markdown_table(["architecture", *header, *tasks, "all tasks"], rows, names=1)


def _cost_table(paid: Mapping[str, Costs]) -> str:
    rows = []
    for name, each in paid.items():
        serving = ["N/A" if each.latency is None else f"{each.latency[key]:{form}}" for key, form in _LATENCY.items()]
        rows.append([name, f"{each.embedding:,}", f"{each.non_embedding:,}", f"{each.cpu_seconds:,.0f}", *serving])
    header = ["architecture", "embedding", "non-embedding", "training, processor s"]
    return markdown_table([*header, "median, ms", "p99, ms", "operations", "active parameters"], rows, names=1)


def _auc(paid: Mapping[str, Costs]) -> str:
    tasks = list(dict.fromkeys(task for each in paid.values() for task in each.auc))
    if not tasks:
        return "No events were observed."
    rows = [[name, *(f"{each.auc[t]:.4f}" if t in each.auc else "N/A" for t in tasks)] for name, each in paid.items()]
    return markdown_table(["architecture", *tasks], rows, names=1)


def _splits(table: Architectures) -> str:
    cells = {(c.old, c.product): c for c in table.cells if c.new == c.old + SPLIT and c.task == ALL}
    products = list(dict.fromkeys(product for _, product in cells))
    names = dict.fromkeys(name for name, _ in cells)
    rows = [[name, *(_gain(cells[name, product]) for product in products)] for name in names]
    header = ["architecture", *("all products" if product == ALL else product for product in products)]
    lead = "Improvement of one model a product over one model of all, mean of the tasks; above 0 splitting helps."
    return f"{lead}\n\n{markdown_table(header, rows, names=1)}"


def _detail(table: Architectures) -> str:
    rows = [
        [c.new, c.product, c.task, f"{c.pairs:,}", f"{c.log_mae:.4f}", _gain(c, c.new)]
        + [", ".join(f"{value:+.2f}" for value in c.by_seed)]
        for c in table.cells
        if c.old == BASELINE and c.product != ALL
    ]
    header = ["architecture", "product", "task", "pairs", "LogMAE", f"over {BASELINE}", "by seed, %"]
    return markdown_table(header, rows, names=3)


def _gain(cell: Cell, name: str = "") -> str:
    return "-" if name == cell.old else gain(cell, digits=2)


def _times(timing: Timing | None) -> str:
    if timing is None:
        return "- times: as each run took them when it ended, each under another load; they cannot be compared."
    return (
        f"- times: of the first seed's models, all of them in turn on {timing.machine};\n"
        f"  the medians of {timing.rounds} rounds' medians and 99th percentiles, of {timing.calls} queries each."
    )
