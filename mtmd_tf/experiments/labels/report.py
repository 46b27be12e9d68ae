"""The report on a heavyweight ranker's labels, and its section of the page of results (paper sections 1 and 2.2)."""

import pathlib
import shlex
from collections.abc import Iterable, Sequence

from mtmd_tf.experiments.labels import tables
from mtmd_tf.experiments.labels.label_quality import LabelQuality
from mtmd_tf.experiments.runs.about import About
from mtmd_tf.heavyweight.labels.quality_rows import Quality
from mtmd_tf.reporting.html import write_report
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import document, listing
from tfrecords_tools.partition import span

FILE_NAME = "ranker.md"

_NOT_CORRECTED = (
    "`not corrected`: the same ranker before its labels were corrected by the events of the days before their own, as "
    "LightGBM's scores are not."
)
_READING = """\
- AUC: of the labels of all slices and days together, against the events. Labels follow the drift, unless the settings
  say --recalibrate_every=0: they are corrected by the events of the days before their own, as LightGBM's scores are
  not. The correction keeps the order of a root task's pairs within a slice and day, and moves slices and days against
  each other. The difference, labels less LightGBM, has a 95% interval over requests. Within 0.003 of each
  other they are `level`; beyond that the labels are `ahead` or `behind` where the whole interval is, else `unsure`.
- label / event: sum of labels over sum of events of the pairs that have both; 1 is right. `off` where the whole 95%
  interval, of the events' chance, is more than 5% away from 1.
- truth: the probabilities that the simulator drew the events from. mean error: mean |label - truth|; LogMAE:
  mean |ln label - ln truth|; KL of the label from the truth, nats.
- eval is later than every day of the split train; the ranker learned from no day of either that is counted here."""


def write(folder: pathlib.Path) -> str:
    """Writes ranker.md, for the terminal, and ranker.html from what is in a folder of results; returns the report.

    Raises:
        ConfigError: A file is missing or not of this version.
    """
    quality = LabelQuality.load(folder)
    text = report(quality, title=_title(quality, About.load(folder)))
    write_report(text, folder / FILE_NAME)
    return text


def _title(quality: LabelQuality, about: About) -> str:
    """The title in about.json, or a name after the data set."""
    return about.title or f"The heavyweight ranker on {literal(quality.data)}"


def report(quality: LabelQuality, *, title: str) -> str:
    """The text of `ranker.md`: every slice."""
    how = "Settings and rounds of LightGBM, chosen by cross-entropy on the days that ended the ranker's training:"
    return document(
        title,
        facts_of(quality),
        sections=_evidence(quality)
        | {f"Labels of the split {split.split}": _split(split) for split in quality.splits}
        | {"The trees": [how, _trees(quality)] if quality.trees else "", "How to read it": _READING},
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
    quality, about = LabelQuality.load(folder), About.load(folder)
    parts = [f"## {_title(quality, about)}", *([f"```\n{about.command}\n```"] if about.command else [])]
    lines = [facts_of(quality), *([f"- learn from its labels: {'; '.join(learn)}"] if learn else [])]
    parts.append("\n".join([*lines, *about.notes()]))
    for heading, evidence in _evidence(quality).items():
        parts += [f"{heading}:", *evidence]
    return "\n\n".join([*parts, f"[The full report]({folder.relative_to(beside).as_posix()}/{FILE_NAME})"])


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


def _evidence(quality: LabelQuality) -> dict[str, str | Iterable[str]]:
    """The quality of the labels, all slices together: `{heading: paragraphs}`."""
    splits, compared = quality.splits, quality.comparisons
    against, ranking = "AUC against the events (not compared with LightGBM)", [tables.auc_table(splits)]
    if compared:
        corrected = any(each.uncorrected is not None for each in compared)
        against = "AUC against the events, beside LightGBM"
        ranking = [tables.comparison_table(compared), *([_NOT_CORRECTED] if corrected else [])]
    above = ", ".join(f"{split.above_parent:,} on {split.split}" for split in splits)
    found: dict[str, str | Iterable[str]] = {
        against: ranking,
        "Calibration": [tables.calibration_table(splits), tables.off_cells(splits)],
        "Labels above their parent's": [f"{above}."],
    }
    if any(split.truth for split in splits):
        found["Distance from the true probabilities"] = [tables.truth_summary(splits)]
    return found


def _split(split: Quality) -> list[str]:
    parts = [tables.calibration_summary(split), tables.quality_table(split)]
    parts += ["By the size of the label:", tables.size_table(split)]
    return parts + (["Against the true probabilities:", tables.truth_table(split)] if split.truth else [])


def _trees(quality: LabelQuality) -> str:
    rows = [(task, min(each["tried"], key=each["tried"].get), each) for task, each in quality.trees.items()]
    cells = "{0} | {1} | {2[rounds]:,} | {2[held_out_loss]:.5f}"
    return listing("task | settings | rounds | cross-entropy", cells, rows, names=2)
