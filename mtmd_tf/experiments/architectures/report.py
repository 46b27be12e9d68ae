"""The architectures side by side as Markdown (paper section 3.2)."""

import pathlib
from collections.abc import Mapping

from mtmd_tf.experiments.architectures.against import against_successor, direct, multiples
from mtmd_tf.experiments.architectures.comparison import Architectures, Cell
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
from mtmd_tf.reporting.page import page, passage

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def report(measured: Architectures, records: Mapping[str, Record], *, timing: Timing | None = None) -> results.Report:
    """The report; raises KeyError for a run without a record.

    Args:
        measured: The measured table.
        records: `{run: its record}`.
        timing: Times of the same runs' queries, taken in turn; without it, what each run measured when it ended.
    """
    runs = [records[name] for name in measured.run_names]
    named = {name: records[seeds[0][0]] for name, seeds in measured.runs.items() if not name.endswith(SPLIT)}
    costs = costs_of_all(measured, records, timing=timing)
    models = {name: [[records[run] for run in each] for each in seeds] for name, seeds in measured.runs.items()}
    tasks = dict.fromkeys(task for each in costs.values() for task in each.auc)
    auc = [(name, task, each.auc.get(task)) for name, each in costs.items() for task in tasks]
    quality = [c for c in measured.cells if c.old == BASELINE and c.product == ALL]
    against = direct(measured)
    figure = quality_and_cost(measured, costs)
    text = page(
        _PAGE,
        baseline=BASELINE,
        split=f"{OURS}{SPLIT}",
        left_out="\n".join(f"- {line}; its pairs are in no cell." for line in measured.left_out),
        quality=quality,
        improved=[c for c in quality if c.new != BASELINE],
        figure="arch.png" if figure is not None else "",
        costs=[(name, each, each.latency or {}) for name, each in costs.items()],
        ours=OURS,
        against=against,
        multiples=[(name, multiples(costs, name)) for name in dict.fromkeys(c.old for c in against)],
        auc=auc,
        no_auc="" if auc else "No events were observed.",
        splits=[c for c in measured.cells if c.new == c.old + SPLIT and c.task == ALL],
        cells=[(c, _improvement(c)) for c in measured.cells if c.old == BASELINE and c.product != ALL],
        times=_times(timing),
        funnel=funnel_report.means(funnel.compare(models)),
        **run_parts(named, runs, seeds=measured.seeds),
    )
    return results.Report(text=text, summary=summary(measured, costs), figures={"arch": figure})


def summary(measured: Architectures, costs: Mapping[str, Costs]) -> str:
    """Quality and cost of each architecture, and MTMD against its successor where both were measured."""
    cells = {c.new: c for c in measured.cells if c.old == BASELINE and (c.product, c.task) == (ALL, ALL)}
    rows = [(cells[name], _improvement(cells[name]), each, each.latency or {}) for name, each in costs.items()]
    against = against_successor(measured, costs)
    return passage(_PAGE.with_name("summary.md"), baseline=BASELINE, rows=rows, against=against)


def _improvement(cell: Cell) -> str:
    return "-" if cell.new == cell.old else f"{cell.improvement:.2f}"


def _times(timing: Timing | None) -> str:
    if timing is None:
        return "- times: as each run took them when it ended, each under another load; they cannot be compared."
    return (
        f"- times: of the first seed's models, all of them in turn on {timing.machine};\n"
        f"  the medians of {timing.rounds} rounds' medians and 99th percentiles, of {timing.calls} queries each."
    )
