"""What each table says in a few lines, for the page of all results (paper Tables 1 and 6)."""

import pathlib

from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures import timing as arch_timing
from mtmd_tf.experiments.architectures.against import against_successor
from mtmd_tf.experiments.architectures.costs import Costs, costs_of_all
from mtmd_tf.experiments.measures.improvement import gain
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.table1 import comparison as table1
from mtmd_tf.experiments.table1 import conclusion as pays
from mtmd_tf.experiments.table1 import measures as table1_measures
from mtmd_tf.experiments.table1.costs import cost, parameters
from mtmd_tf.experiments.table1.report import improvements, verdict
from mtmd_tf.experiments.table6 import comparison as table6
from mtmd_tf.experiments.table6.variants import BUCKETS, PAPER
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

_TOP = BUCKETS[0]


def of_table1(folder: pathlib.Path) -> str:
    """Verdict and improvements; parameters and training cost against those of the models that are replaced.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = table1.Table1.load(folder / table1.FILE_NAME)
    unified = list(results.kept(folder, table.unified).values())
    replaced = [list(results.kept(folder, names).values()) for names in table.replaced]
    parts = [pays.sentence(table), verdict(table), improvements(table)]
    if table1_measures.measured([*unified, *(record for models in replaced for record in models)]):
        intervals = {(c.surface, c.product, c.task): c.kl for c in table.cells if c.kl and c.surface != ALL}
        parts.append(table1_measures.verdict(unified, replaced, intervals))
    parts += ["Parameters:", parameters(unified[0], replaced[0])]
    return "\n\n".join([*parts, f"Training cost. {cost(unified, replaced)}"])


def of_table6(folder: pathlib.Path) -> str:
    """The effect of each factor on all pairs and on the top tenth, the paper's beside it.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = table6.Table6.load(folder / table6.FILE_NAME)
    cells = {(cell.effect, cell.bucket): cell for cell in table.cells if cell.task == ALL}
    everywhere = [cell for (_, bucket), cell in cells.items() if bucket == ALL]
    helps, hurts = sum(cell.low > 0 for cell in everywhere), sum(cell.high < 0 for cell in everywhere)
    rows = []
    for cell in everywhere:
        paper = PAPER.get(cell.effect)
        shown = ["-", "-"] if paper is None else [f"{paper[BUCKETS.index(b)]:+.2f}%" for b in (ALL, _TOP)]
        rows.append(
            [cell.effect, gain(cell, digits=2), shown[0], gain(cells.get((cell.effect, _TOP)), digits=2), shown[1]]
        )
    lead = (
        f"Of {len(everywhere)} factors {helps} help LogMAE with the whole interval above 0, {hurts} hurt it with the "
        "whole interval below 0. Mean of the tasks:"
    )
    header = ["effect of", "all pairs", "paper's", "top tenth", "paper's top tenth"]
    return f"{lead}\n\n{markdown_table(header, rows, names=1)}"


def of_arch(folder: pathlib.Path) -> str:
    """Quality and cost of each architecture, and MTMD against its successor where both were measured.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = arch.Architectures.load(folder / arch.FILE_NAME)
    cells = {cell.new: cell for cell in table.cells if cell.old == BASELINE and (cell.product, cell.task) == (ALL, ALL)}
    records = results.kept(folder, table.run_names)
    paid = costs_of_all(table, records, timing=arch_timing.kept(folder, table))
    rows = [
        [name, f"{cells[name].log_mae:.4f}", "-" if name == BASELINE else gain(cells[name], digits=2)]
        + [f"{each.embedding:,}", f"{each.non_embedding:,}", f"{each.cpu_seconds:,.0f}", _median(each)]
        for name, each in paid.items()
    ]
    header = ["architecture", "LogMAE", f"over {BASELINE}", "embedding", "non-embedding", "training, processor s"]
    parts = ["All products, mean of the tasks:", markdown_table([*header, "query, median ms"], rows, names=1)]
    return "\n\n".join(filter(None, [*parts, against_successor(table, paid)]))


def _median(paid: Costs) -> str:
    return "N/A" if paid.latency is None else f"{paid.latency['median_ms']:.2f}"
