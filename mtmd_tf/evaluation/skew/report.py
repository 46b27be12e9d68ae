"""The report of a launch gate: result, versions, and every measure slice by slice, as Markdown, HTML and JSON."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator

from mtmd_tf.config import SkewConfig, plain
from mtmd_tf.evaluation.skew.gate import RECALL, Cell, GateResult
from mtmd_tf.evaluation.skew.measure import Measured, Skew
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.list_items import item
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import page, passage
from tfrecords_tools import structure
from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import write_text

REPORT, RECORD = "skew.md", "skew.json"

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(out: pathlib.Path, skew: Skew, result: GateResult, config: SkewConfig) -> str:
    """Writes skew.json, skew.html and skew.md into the folder `out`, made where it is not there.

    Returns:
        The text of skew.md.
    """
    out.mkdir(parents=True, exist_ok=True)
    record = {
        "passed": result.passed,
        "result": structure.plain(result),
        "settings": plain(config),
        "skew": structure.plain(skew),
    }
    write_text(out / RECORD, json.dumps(with_digest(record), indent=1) + "\n")
    text = report(skew, result, config)
    write_report(text, out / REPORT)
    return text


def report(skew: Skew, result: GateResult, config: SkewConfig) -> str:
    """The Markdown of skew.md."""
    thresholds = ", ".join(f"--{field.name}={getattr(config, field.name):g}" for field in dataclasses.fields(config))
    facts = [
        f"query tower: {skew.export}, stamp {skew.stamp}",
        f"data: {skew.data}, {skew.pairs:,} pairs",
        f"left out: {skew.left_out:,} pairs whose item one of the versions lacks",
        f"recall: of the best {result.top} at the cut {result.cut}",
        f"settings: {thresholds}",
    ]
    others = [
        _beside(version.name, [cell for cell in result.cells if cell.version == version.name], config)
        for version in skew.others
    ]
    return page(
        _PAGE,
        conclusion=literal(result.sentence) if result.passed else f"**{literal(result.sentence)}**",
        facts="\n".join(item(literal(fact)) for fact in facts),
        top=result.top,
        cut=result.cut,
        versions=list(_versions(skew, result)),
        others=others,
    )


def _versions(skew: Skew, result: GateResult) -> Iterator[tuple[Measured, Row, float | None]]:
    """Each version with its row of all slices and its recall, task by task."""
    for task in dict.fromkeys(row.task for row in skew.own.rows):
        place = (ALL, ALL, task)
        for version in (skew.own, *skew.others):
            row = next(row for row in version.rows if (row.surface, row.product, row.task) == place)
            funnel = [each for each in version.funnel if (each.surface, each.product, each.task) == place]
            recall = [each.recall for each in funnel if (each.top, each.cut) == (result.top, result.cut)]
            yield version, row, recall[0] if recall else None


def _beside(name: str, cells: list[Cell], config: SkewConfig) -> str:
    def mark(cell: Cell) -> str:
        return "*" if cell.failed else "~" if cell.pairs < config.min_pairs else ""

    shown = [
        (cell, *(_value(cell.measure, value) for value in (cell.own, cell.older)), f"{mark(cell)}{cell.change}")
        for cell in cells
        if cell.worse is not None
    ]
    return passage(_PAGE.with_name("beside.md"), name=literal(name), cells=shown)


def _value(measure: str, value: float | None) -> str | None:
    return None if value is None else f"{value:.1%}" if measure == RECALL else f"{value:.5f}"
