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
from mtmd_tf.experiments.runs.run_tables import INTERVALS, run_facts, run_warnings, runs_table
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.markdown import document, lines, listing, number, pivot, table

_FIGURE = "arch.png"
_COSTS = "embedding | non-embedding | training, processor s"
_COST_CELLS = "{0.embedding:,} | {0.non_embedding:,} | {0.cpu_seconds:,.0f}"

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
- latency, FLOPs and active parameters: of the query tower for one query, the mean of the surfaces. Models of one
  product each must all answer a query, so their costs are summed.
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
        timing: Times of the same runs' queries, taken in turn; without it, what each run measured when it ended.
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
        run_warnings(runs),
        "\n".join(f"- {line}; its pairs are in no cell." for line in measured.left_out),
        sections={
            f"LogMAE, and improvement over {BASELINE}": [
                _quality(measured),
                figure and f"![Quality against cost]({figure})",
            ],
            "Parameters, training cost and the cost of a query": _cost_table(costs),
            "MTMD against each of the others": table_of_each(measured, costs),
            "AUC against events": _auc(costs),
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
    quality = lines(
        f"architecture | LogMAE | over {BASELINE}",
        "{0.new} | {0.log_mae:.4f} | {1}",
        [(cells[name], _improvement(cells[name])) for name in costs],
    )
    paid = [(each, each.latency or {}) for each in costs.values()]
    costly = lines(f"{_COSTS} | query, median ms", f"{_COST_CELLS} | {{1[median_ms]:.2f}}", paid, none="N/A")
    rows = [{**each, **cost} for each, cost in zip(quality, costly, strict=True)]
    parts = ["All products, mean of the tasks:", table(rows, names=1), against_successor(measured, costs)]
    return "\n\n".join(filter(None, parts))


def _quality(measured: Architectures) -> str:
    cells = {(c.new, c.task): c for c in measured.cells if c.old == BASELINE and c.product == ALL}
    tasks = {task: (f"LogMAE {task}", task) for _, task in cells if task != ALL}
    tasks |= {ALL: ("LogMAE, all tasks", "all tasks")}
    rows = [
        {"architecture": name}
        | {words: f"{cells[name, task].log_mae:.4f}" for task, (words, _) in tasks.items()}
        | {words: _improvement(cells[name, task]) for task, (_, words) in tasks.items()}
        for name in measured.runs
    ]
    return table(rows, names=1)


def _cost_table(costs: Mapping[str, Costs]) -> str:
    header = f"architecture | {_COSTS} | median, ms | p99, ms | FLOPs | active parameters"
    query = "{1[median_ms]:.2f} | {1[p99_ms]:.2f} | {1[flops]:,.0f} | {1[active_parameters]:,.0f}"
    rows = [(each, each.latency or {}, name) for name, each in costs.items()]
    return listing(header, f"{{2}} | {_COST_CELLS} | {query}", rows, names=1, none="N/A")


def _auc(costs: Mapping[str, Costs]) -> str:
    tasks = dict.fromkeys(task for each in costs.values() for task in each.auc)
    rows = [
        {"architecture": name} | {task: number(each.auc.get(task), ".4f", none="N/A") for task in tasks}
        for name, each in costs.items()
    ]
    return table(rows, names=1) if tasks else "No events were observed."


def _splits(measured: Architectures) -> str:
    of_splits = [c for c in measured.cells if c.new == c.old + SPLIT and c.task == ALL]
    cells = [(c, "all products" if c.product == ALL else c.product, c.improvement) for c in of_splits]
    shown = lines("architecture | product | value", "{0.old} | {1} | {2:.2f}", cells)
    lead = "Improvement of one model a product over one model of all, mean of the tasks; above 0 splitting helps."
    return f"{lead}\n\n{table(pivot(shown, index=['architecture'], columns='product', value='value'), names=1)}"


def _detail(measured: Architectures) -> str:
    header = f"architecture | product | task | pairs | LogMAE | over {BASELINE} | by seed, %"
    shown = [c for c in measured.cells if c.old == BASELINE and c.product != ALL]
    rows = [(c, _improvement(c), c.improvement.seeds(".2f")) for c in shown]
    return listing(
        header, "{0.new} | {0.product} | {0.task} | {0.pairs:,} | {0.log_mae:.4f} | {1} | {2}", rows, names=3
    )


def _improvement(cell: Cell) -> str:
    return "-" if cell.new == cell.old else f"{cell.improvement:.2f}"


def _times(timing: Timing | None) -> str:
    if timing is None:
        return "- times: as each run took them when it ended, each under another load; they cannot be compared."
    return (
        f"- times: of the first seed's models, all of them in turn on {timing.machine};\n"
        f"  the medians of {timing.rounds} rounds' medians and 99th percentiles, of {timing.calls} queries each."
    )
