"""The architectures side by side as Markdown (paper section 3.2)."""

import pathlib
from collections.abc import Mapping

from mtmd_tf.experiments.architectures import timing as timings
from mtmd_tf.experiments.architectures.against import against_successor, table_of_each
from mtmd_tf.experiments.architectures.comparison import FILE_NAME, Architectures, Cell
from mtmd_tf.experiments.architectures.costs import Costs, costs_of_all
from mtmd_tf.experiments.architectures.figure import quality_and_cost
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.measures import funnel, funnel_report
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import BASELINE, OURS
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import INTERVALS, run_facts, runs_table
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.markdown import document, numbers, pivot, table

_FIGURE = "arch.png"
_LATENCY = {
    "median_ms": ("median, ms", ".2f"),
    "p99_ms": ("p99, ms", ".2f"),
    "flops": ("operations", ",.0f"),
    "active_parameters": ("active parameters", ",.0f"),
}

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


def write(folder: pathlib.Path) -> results.Report:
    """Writes arch.md, arch.html and arch.png from what is in the folder of results.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    measured = Architectures.load(folder / FILE_NAME)
    records, timing = results.records_of(folder, measured.run_names), timings.timing_of(folder, measured)
    costs = costs_of_all(measured, records, timing=timing)
    figure = quality_and_cost(measured, costs)
    if figure is not None:
        save_figure(figure, folder / _FIGURE)
    text = report(measured, records, timing=timing, figure=_FIGURE if figure is not None else "")
    write_report(text, folder / "arch.md")
    return results.Report(text=text, summary=summary(measured, costs))


def report(
    measured: Architectures, records: Mapping[str, Record], *, timing: Timing | None = None, figure: str = ""
) -> str:
    """The text of `arch.md`.

    Args:
        measured: The measured table.
        records: `{run: its record}`.
        timing: Timing of the same runs' queries in turn; without it they cost what each run measured when it ended.
        figure: Path of the figure, relative to the report's folder.

    Raises:
        KeyError: A run without a record.
    """
    runs = [records[name] for name in measured.run_names]
    named = {name: records[seeds[0][0]] for name, seeds in measured.runs.items() if not name.endswith(SPLIT)}
    costs = costs_of_all(measured, records, timing=timing)
    models = {name: [[records[run] for run in each] for each in seeds] for name, seeds in measured.runs.items()}
    cuts = funnel.compare(models)
    return document(
        "Architectures at equal budget",
        run_facts(named, runs, seeds=measured.seeds),
        sections={
            f"LogMAE, and improvement over {BASELINE}": [
                _quality(measured),
                figure and f"![Quality against cost]({figure})",
            ],
            "Parameters, training cost and the cost of a query": _cost_table(costs),
            "MTMD against each of the others": table_of_each(measured, costs),
            "AUC against events": _auc(costs) or "No events were observed.",
            "Funnel": funnel_report.means(cuts) if cuts else "",
            "Does splitting by product help?": _splits(measured),
            "By product": _detail(measured),
            "The runs": runs_table(runs),
            "How to read it": "\n".join(
                [_READING, _times(timing), *([funnel_report.READING] if cuts else []), INTERVALS]
            ),
        },
    )


def summary(measured: Architectures, costs: Mapping[str, Costs]) -> str:
    """Quality and cost of each architecture, and MTMD against its successor where both were measured."""
    cells = {c.new: c for c in measured.cells if c.old == BASELINE and (c.product, c.task) == (ALL, ALL)}
    rows = [
        {"architecture": name, "LogMAE": f"{cells[name].log_mae:.4f}", f"over {BASELINE}": _improvement(cells[name])}
        | _cost(each)
        | numbers({"query, median ms": (each.latency or {}).get("median_ms")}, {"query, median ms": ".2f"}, none="N/A")
        for name, each in costs.items()
    ]
    parts = ["All products, mean of the tasks:", table(rows, names=1), against_successor(measured, costs)]
    return "\n\n".join(filter(None, parts))


def _quality(measured: Architectures) -> str:
    cells = {(c.new, c.task): c for c in measured.cells if c.old == BASELINE and c.product == ALL}
    tasks = {**{task: task for _, task in cells if task != ALL}, ALL: "all tasks"}
    rows = [
        {"architecture": name}
        | {
            f"LogMAE{', ' if task == ALL else ' '}{words}": f"{cells[name, task].log_mae:.4f}"
            for task, words in tasks.items()
        }
        | {words: _improvement(cells[name, task]) for task, words in tasks.items()}
        for name in measured.runs
    ]
    return table(rows, names=1)


def _cost(costs: Costs) -> dict[str, str]:
    return {
        "embedding": f"{costs.embedding:,}",
        "non-embedding": f"{costs.non_embedding:,}",
        "training, processor s": f"{costs.cpu_seconds:,.0f}",
    }


def _cost_table(costs: Mapping[str, Costs]) -> str:
    forms = dict(_LATENCY.values())
    rows = [
        {"architecture": name}
        | _cost(each)
        | numbers({_LATENCY[key][0]: value for key, value in (each.latency or {}).items()}, forms, none="N/A")
        for name, each in costs.items()
    ]
    return table(rows, names=1)


def _auc(costs: Mapping[str, Costs]) -> str:
    tasks = dict.fromkeys((task for each in costs.values() for task in each.auc), ".4f")
    rows = [{"architecture": name} | numbers(each.auc, tasks, none="N/A") for name, each in costs.items()]
    return table(rows, names=1) if tasks else ""


def _splits(measured: Architectures) -> str:
    cells = [
        {"architecture": c.old, "product": "all products" if c.product == ALL else c.product}
        | {"value": f"{c.improvement:.2f}"}
        for c in measured.cells
        if c.new == c.old + SPLIT and c.task == ALL
    ]
    lead = "Improvement of one model a product over one model of all, mean of the tasks; above 0 splitting helps."
    shown = table(pivot(cells, index=["architecture"], columns="product", value="value"), names=1) if cells else ""
    return f"{lead}\n\n{shown}"


def _detail(measured: Architectures) -> str:
    rows = [
        {"architecture": c.new, "product": c.product, "task": c.task, "pairs": f"{c.pairs:,}"}
        | {"LogMAE": f"{c.log_mae:.4f}", f"over {BASELINE}": _improvement(c)}
        | {"by seed, %": c.improvement.seeds(".2f")}
        for c in measured.cells
        if c.old == BASELINE and c.product != ALL
    ]
    return table(rows, names=3)


def _improvement(cell: Cell) -> str:
    return "-" if cell.new == cell.old else f"{cell.improvement:.2f}"


def _times(timing: Timing | None) -> str:
    if timing is None:
        return "- times: as each run took them when it ended, each under another load; they cannot be compared."
    return (
        f"- times: of the first seed's models, all of them in turn on {timing.machine};\n"
        f"  the medians of {timing.rounds} rounds' medians and 99th percentiles, of {timing.calls} queries each."
    )
