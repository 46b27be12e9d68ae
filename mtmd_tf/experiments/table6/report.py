"""Table 6 as Markdown, the paper's own figures beside it (paper section 3.4)."""

import pathlib
from collections.abc import Iterator, Mapping
from statistics import fmean

from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_tables import run_parts
from mtmd_tf.experiments.table6 import figures
from mtmd_tf.experiments.table6.comparison import Table6
from mtmd_tf.experiments.table6.variants import BUCKETS, EFFECTS, PAPER, REFERENCE, VARIANTS
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import page, passage

_TOP, _PAGE = BUCKETS[0], pathlib.Path(__file__).with_suffix(".md")


def report(measured: Table6, records: Mapping[str, Record]) -> results.Report:
    """The report; raises KeyError for a run without a record."""
    runs = [records[name] for name in measured.run_names]
    reference = {REFERENCE: records[measured.variants[REFERENCE][0]]}
    drawn = {"table6": figures.effects(measured), "table6-buckets": figures.by_bucket(measured)}
    text = page(
        _PAGE,
        effects=[*_effects(measured)],
        figures=[f"![Effects on LogMAE]({name}.png)" for name, figure in drawn.items() if figure is not None],
        variants=[*_variants(measured, records)],
        cells=[cell for cell in measured.cells if cell.task != ALL],
        edges=[*_edges(measured)],
        **run_parts(reference, runs, seeds=measured.seeds),
    )
    return results.Report(text=text, summary=summary(measured), figures=drawn)


def summary(measured: Table6) -> str:
    """The effect of each factor on all pairs and on the top tenth, the paper's beside it."""
    cells = {(cell.effect, cell.bucket): cell.improvement for cell in measured.cells if cell.task == ALL}
    everywhere = {effect: cell for (effect, bucket), cell in cells.items() if bucket == ALL}
    helps, hurts = (
        sum(getattr(c, way) for c in everywhere.values()) for way in ("significantly_better", "significantly_worse")
    )
    papers = {effect: dict(zip(BUCKETS, PAPER.get(effect, ()), strict=False)) for effect in everywhere}
    rows = [
        (effect, cell, papers[effect].get(ALL), cells.get((effect, _TOP)), papers[effect].get(_TOP))
        for effect, cell in everywhere.items()
    ]
    return passage(_PAGE.with_name("summary.md"), factors=len(everywhere), helps=helps, hurts=hurts, rows=rows)


def _effects(measured: Table6) -> Iterator[tuple[str, str, str]]:
    """Effect, bucket and text of each cell; the paper's effects follow ours."""
    cells = {(cell.effect, cell.bucket): cell.improvement for cell in measured.cells if cell.task == ALL}
    for name in [effect.name for effect in EFFECTS if (effect.name, ALL) in cells]:
        yield from ((name, bucket, number(cells.get((name, bucket)), ".2f", none="N/A")) for bucket in BUCKETS)
        if name in PAPER:
            papers = zip(BUCKETS, PAPER[name], strict=True)
            yield from ((f"paper's {name}", bucket, f"{value:+.2f}%") for bucket, value in papers)


def _variants(measured: Table6, records: Mapping[str, Record]) -> Iterator[tuple]:
    """Variant, flags, task, LogMAE, parameters and processor time, task by task."""
    for name, names in measured.variants.items():
        runs = [records[run] for run in names]
        seconds = fmean(run.fit["cpu_seconds"] for run in runs)
        for task in measured.log_mae[REFERENCE]:
            yield name, VARIANTS.get(name, ""), task, measured.log_mae[name][task], runs[0].parameters, seconds


def _edges(measured: Table6) -> Iterator[tuple[str, str, str, float]]:
    """Slice, tasks of one root, bucket, and the least label in it."""
    for place, edges in measured.edges.items():
        for labels in dict.fromkeys(edges.values()):
            tasks = ", ".join(task for task, own in edges.items() if own == labels)
            yield from ((place, tasks, bucket, label) for bucket, label in zip(BUCKETS, labels, strict=False))
