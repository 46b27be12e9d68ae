"""The report of a launch gate: verdict, versions, and every measure slice by slice, as Markdown, HTML and JSON."""

import dataclasses
import json
import pathlib

from mtmd_tf.config import SkewConfig, plain
from mtmd_tf.evaluation.skew.gate import RECALL, Cell, Verdict
from mtmd_tf.evaluation.skew.measure import Measured, Skew
from mtmd_tf.metrics import ALL
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import document, listing
from tfrecords_tools import structure
from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import write_text

REPORT, RECORD = "skew.md", "skew.json"

_READING = """\
- own: the query tower beside the item embeddings of its own export. older: beside those of another one.
- LogMAE and KL: of the predictions against the labels; lower is better. calibration: sum p / sum y; 1 is right.
- recall: share of the heavyweight ranker's best K of a request that is among the N that the query tower keeps.
- mixed: each item's embedding is of one of all versions, the own among them, as in the middle of a refresh.
- *: beyond its threshold. ~: fewer labeled pairs than --min_pairs, shown and not judged."""


def write(out: pathlib.Path, skew: Skew, verdict: Verdict, config: SkewConfig) -> str:
    """Writes skew.json, skew.html and skew.md into the folder `out`, made where it is not there.

    Returns:
        The text of skew.md.
    """
    out.mkdir(parents=True, exist_ok=True)
    record = {
        "passed": verdict.passed,
        "verdict": structure.plain(verdict),
        "settings": plain(config),
        "skew": structure.plain(skew),
    }
    write_text(out / RECORD, json.dumps(with_digest(record), indent=1) + "\n")
    text = report(skew, verdict, config)
    write_report(text, out / REPORT)
    return text


def report(skew: Skew, verdict: Verdict, config: SkewConfig) -> str:
    """The Markdown of skew.md."""
    thresholds = ", ".join(f"--{field.name}={getattr(config, field.name):g}" for field in dataclasses.fields(config))
    facts = [
        f"query tower: {skew.export}, stamp {skew.stamp}",
        f"data: {skew.data}, {skew.pairs:,} pairs",
        f"left out: {skew.left_out:,} pairs whose item one of the versions lacks",
        f"recall: of the best {verdict.top} at the cut {verdict.cut}",
        f"settings: {thresholds}",
    ]
    sections = {"All slices together": [_versions(skew, verdict)]}
    for version in skew.others:
        own = [cell for cell in verdict.cells if cell.version == version.name]
        sections[f"Beside {literal(version.name)}"] = [_table(own, config)]
    return document(
        "A new query tower beside older item embeddings",
        literal(verdict.sentence) if verdict.passed else f"**{literal(verdict.sentence)}**",
        "\n".join(item(literal(fact)) for fact in facts),
        sections={**sections, "How to read it": _READING},
    )


def _versions(skew: Skew, verdict: Verdict) -> str:
    def line(version: Measured, task: str) -> tuple:
        row = next(row for row in version.rows if (row.surface, row.product, row.task) == (ALL, ALL, task))
        recall = [
            each.recall
            for each in version.funnel
            if (each.surface, each.product, each.task) == (ALL, ALL, task)
            and (each.top, each.cut) == (verdict.top, verdict.cut)
        ]
        return version, row, recall[0] if recall else None

    tasks = dict.fromkeys(row.task for row in skew.own.rows)
    rows = [line(version, task) for task in tasks for version in (skew.own, *skew.others)]
    return listing(
        f"embeddings | stamp | task | LogMAE | KL | calibration | AUC | recall@{verdict.cut} of {verdict.top}",
        "{0.name} | {0.stamp} | {1.task} | {1.log_mae:.4f} | {1.kl:.5f} | {1.calibration:.3f} | {1.auc:.4f} | {2:.1%}",
        rows,
        names=3,
    )


def _table(cells: list[Cell], config: SkewConfig) -> str:
    def mark(cell: Cell) -> str:
        return "*" if cell.failed else "~" if cell.pairs < config.min_pairs else ""

    shown = [
        (cell, *(_value(cell.measure, value) for value in (cell.own, cell.older)), f"{mark(cell)}{cell.change}")
        for cell in cells
        if cell.worse is not None
    ]
    return listing(
        "surface | product | task | measure | pairs | own | older | change",
        "{0.surface} | {0.product} | {0.task} | {0.measure} | {0.pairs:,} | {1} | {2} | {3}",
        shown,
        names=4,
    )


def _value(measure: str, value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}" if measure == RECALL else f"{value:.5f}"
