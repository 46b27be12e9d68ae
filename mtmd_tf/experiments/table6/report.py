"""Table 6 as Markdown, the paper's own figures beside it (paper section 3.4)."""

import pathlib
from collections.abc import Mapping
from statistics import fmean

from mtmd_tf.evaluation.figures import save_figure
from mtmd_tf.experiments.measures.improvement import gain
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import INTERVALS, facts, runs_table
from mtmd_tf.experiments.table6 import figures as table6_figures
from mtmd_tf.experiments.table6.comparison import FILE_NAME, Table6
from mtmd_tf.experiments.table6.variants import BUCKETS, EFFECTS, PAPER, REFERENCE, VARIANTS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import markdown_table

_FIGURES = {"table6.png": table6_figures.effects, "table6-buckets.png": table6_figures.by_bucket}

_READING = """\
- effect: what having the named factor does to LogMAE, 100 * (1 - LogMAE with it / LogMAE without it) in percent. Above
  0 it helps. This is the paper's sign: for what the reference has and a variant lacks, above 0 is the reference's gain;
  for what a variant has and the reference lacks, such as DownSampling, below 0 is what it costs.
- LogMAE: mean |ln p - ln y| over the pairs of one task, all slices together, both clipped to [1e-06, 1]; the mean of
  the seeds. The effect is taken task by task, then the mean of the tasks. Measured on the split eval, on the same pairs
  for every variant.
- bucket: the place of a pair among the pairs of its slice, surface x product, when they are ordered by the heavyweight
  ranker's label of its task's root (a child task goes by its furthest ancestor): 0 is the top tenth, 1 the next, to 4;
  the lower half is in "all" only. Pairs of nearly the same label (a 4,096th of log-odds -15 to 15) share the upper
  bucket."""


def write(folder: pathlib.Path) -> str:
    """Writes table6.md, table6.html and its figures from what is in the folder of results; returns the report.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    table = Table6.load(folder / FILE_NAME)
    records = results.kept(folder, [name for names in table.variants.values() for name in names])
    drawn = []
    for name, make in _FIGURES.items():
        figure = make(table)
        if figure is not None:
            save_figure(figure, folder / name)
            drawn.append(name)
    text = report(table, records, figures=drawn)
    results.write_report(text, folder / "table6.md")
    return text


def report(table: Table6, records: Mapping[str, Record], *, figures: list[str] | None = None) -> str:
    """The text of `table6.md`.

    Args:
        table: What was measured.
        records: `{run: its record}`.
        figures: Paths, relative to the report's folder.

    Raises:
        KeyError: A run without a record.
    """
    runs = [records[name] for names in table.variants.values() for name in names]
    parts = [
        "# Table 6: what each part is worth",
        facts({REFERENCE: records[table.variants[REFERENCE][0]]}, runs, seeds=table.seeds),
        "## Effect on LogMAE, by bucket, mean of the tasks",
        _effects(table),
        *(f"![Effects on LogMAE]({path})" for path in figures or ()),
        "## The variants",
        _variants(table, records),
        "## By task",
        _detail(table),
        "## Where the buckets begin",
        _edges(table),
        "## The runs",
        runs_table(runs),
        "## How to read it",
        f"{_READING}\n{INTERVALS}",
    ]
    return "\n\n".join(parts) + "\n"


def _effects(table: Table6) -> str:
    cells = {(cell.effect, cell.bucket): cell for cell in table.cells if cell.task == ALL}
    rows = []
    for name in [effect.name for effect in EFFECTS if (effect.name, ALL) in cells]:
        rows.append([name, *(gain(cells.get((name, bucket)), digits=2) for bucket in BUCKETS)])
        if name in PAPER:
            rows.append([f"paper's {name}", *(f"{value:+.2f}%" for value in PAPER[name])])
    return markdown_table(["effect of", *BUCKETS], rows, names=1)


def _variants(table: Table6, records: Mapping[str, Record]) -> str:
    tasks = list(table.log_mae[REFERENCE])
    rows = []
    for name, names in table.variants.items():
        runs = [records[run] for run in names]
        sizes = [f"{runs[0].parameters[kind]:,}" for kind in ("embedding", "non_embedding")]
        seconds = fmean(run.fit["cpu_seconds"] for run in runs)
        error = [f"{table.log_mae[name][task]:.4f}" for task in tasks]
        rows.append([name, VARIANTS.get(name, ""), *error, *sizes, f"{seconds:,.0f}"])
    header = ["variant", "flags", *(f"LogMAE {task}" for task in tasks), "embedding", "non-embedding"]
    return markdown_table([*header, "processor time, s"], rows, names=2)


def _detail(table: Table6) -> str:
    rows = [
        [cell.effect, cell.task, cell.bucket, f"{cell.pairs:,}", gain(cell, digits=2)]
        + [", ".join(f"{value:+.2f}" for value in cell.by_seed)]
        for cell in table.cells
        if cell.task != ALL
    ]
    return markdown_table(["effect of", "task", "bucket", "pairs", "effect", "by seed, %"], rows, names=3)


def _edges(table: Table6) -> str:
    rows = []
    for place, edges in table.edges.items():
        for labels in dict.fromkeys(edges.values()):
            tasks = ", ".join(task for task, own in edges.items() if own == labels)
            rows.append([place, tasks, *(f"{label:.3g}" for label in labels)])
    return "Least label of the tasks' root in each bucket.\n\n" + markdown_table(
        ["slice", "tasks", *BUCKETS[:-1]], rows, names=2
    )
