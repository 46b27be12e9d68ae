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
from mtmd_tf.experiments.runs.run_tables import run_parts
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.figures import save_figure
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.markdown import lines, number, pivot, table
from mtmd_tf.reporting.page import page

_FIGURE, _PAGE = "arch.png", pathlib.Path(__file__).with_suffix(".md")
_COSTS = "embedding | non-embedding | training, processor s"
_COST_CELLS = "{0.embedding:,} | {0.non_embedding:,} | {0.cpu_seconds:,.0f}"


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
    return page(
        _PAGE,
        baseline=BASELINE,
        split=f"{OURS}{SPLIT}",
        left_out="\n".join(f"- {line}; its pairs are in no cell." for line in measured.left_out),
        quality=_quality(measured),
        figure=figure,
        costs=[(name, each, each.latency or {}) for name, each in costs.items()],
        against=table_of_each(measured, costs),
        auc=_auc(costs),
        splits=_splits(measured),
        cells=[(c, _improvement(c)) for c in measured.cells if c.old == BASELINE and c.product != ALL],
        times=_times(timing),
        funnel=funnel_report.means(cuts) if cuts else "",
        funnel_reading=cuts and funnel_report.READING,
        **run_parts(named, runs, seeds=measured.seeds),
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
    return table(pivot(shown, index=["architecture"], columns="product", value="value"), names=1)


def _improvement(cell: Cell) -> str:
    return "-" if cell.new == cell.old else f"{cell.improvement:.2f}"


def _times(timing: Timing | None) -> str:
    if timing is None:
        return "- times: as each run took them when it ended, each under another load; they cannot be compared."
    return (
        f"- times: of the first seed's models, all of them in turn on {timing.machine};\n"
        f"  the medians of {timing.rounds} rounds' medians and 99th percentiles, of {timing.calls} queries each."
    )
