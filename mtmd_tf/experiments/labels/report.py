"""The report on a heavyweight ranker's labels, and its section of the page of results (paper sections 1 and 2.2)."""

import pathlib
import re
import shlex
from collections.abc import Sequence

from mtmd_tf.experiments.labels import tables
from mtmd_tf.experiments.labels.label_quality import LabelQuality
from mtmd_tf.experiments.runs.metadata import Metadata
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import page
from tfrecords_tools.partition import span

FILE_NAME = "ranker.md"

_PAGE = pathlib.Path(__file__).with_suffix(".md")


def write(folder: pathlib.Path) -> str:
    """Writes ranker.md, for the terminal, and ranker.html from what is in a folder of results; returns the report.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    quality = LabelQuality.load(folder)
    text = report(quality, title=_title(quality, Metadata.load(folder)))
    write_report(text, folder / FILE_NAME)
    return text


def _title(quality: LabelQuality, metadata: Metadata) -> str:
    """The title in metadata.json, or a name after the data set."""
    return metadata.title or f"The heavyweight ranker on {literal(quality.data)}"


def report(quality: LabelQuality, *, title: str) -> str:
    """The text of `ranker.md`: every slice."""
    trees = [(task, min(each["tried"], key=each["tried"].get), each) for task, each in quality.trees.items()]
    return page(
        _PAGE,
        title=title,
        facts=facts_of(quality),
        evidence=tables.of_splits(quality.splits, quality.comparisons),
        splits=[f"## Labels of the split {each.split}\n\n{tables.of_split(each)}" for each in quality.splits],
        trees=trees,
    )


def section(folder: pathlib.Path, *, beside: pathlib.Path, learn: Sequence[str]) -> str:
    """The section on one ranker of the page of results.

    Args:
        folder: Folder of its results.
        beside: Folder in which the page lies.
        learn: Titles of the tables whose models learn from its labels.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    quality, metadata = LabelQuality.load(folder), Metadata.load(folder)
    lines = [facts_of(quality), *([f"- learn from its labels: {'; '.join(learn)}"] if learn else [])]
    evidence = re.sub("^## (.*)$", r"\1:", tables.of_splits(quality.splits, quality.comparisons), flags=re.MULTILINE)
    place = (folder / FILE_NAME).relative_to(beside).as_posix()
    return metadata.section(_title(quality, metadata), "\n".join(lines), [evidence], report=place)


def facts_of(quality: LabelQuality) -> str:
    """Data, days, settings and training, a line each."""
    period, fit = quality.period, quality.fit
    lines = {
        "data": f"{quality.data}; the identity of the labeled data set is {quality.labels}",
        "learned from": span(period.learn),
        "held out, to end the training and to calibrate it": span(period.held_out),
        "labeled": span(period.label),
        "settings": shlex.join(quality.settings) or "every one at its default",
        "training": f"best step {fit.best_step:,} of {fit.steps:,}, {fit.pairs:,} pairs, {fit.seconds:,.0f} s, "
        f"{fit.cpu_seconds:,.0f} s of processor time; loss on the days held out {fit.held_out_loss:.5f}",
    }
    return "\n".join(f"- {name}: {literal(value)}" for name, value in lines.items())
