"""The page of all results: each table of a folder rebuilt from its JSON, headlines on one page (paper section 3)."""

import dataclasses
import pathlib
import re
from collections.abc import Iterator, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.labels import report as ranker_report
from mtmd_tf.experiments.labels.label_quality import Ranker
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.about import About
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.tables import TABLES, Table
from mtmd_tf.heavyweight.labels.origin import REPORT
from mtmd_tf.reporting.bullets import bullet
from mtmd_tf.reporting.markdown import markdown_table
from tfrecords_tools.files import write_text

_OPENING = """\
# Results

The paper's tables on public data, as this code makes them, each with its command, seeds, time and machine. The page,
the full reports and their figures are made by `make results` from the JSON beside the reports alone: a record of each
run (settings, seed, measures, cost), the measured table, and about.json, what was said by hand. Nothing is typed in
here. LogMAE is mean |ln p - ln y| of prediction and heavyweight label on the split eval, later days that no model
learned from; an improvement is relative, above 0 is better; [low, high] is a 95% interval over requests and, where
there are several, seeds. The last sections show how good the labels themselves are: heavyweight rankers against the
events that followed. Each full report says how to read it, and shows settings and every cell."""
_FIGURE = re.compile(r"^!\[(.*)\]\((.*)\)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Result:
    """One folder that holds a table; its report and figures are written."""

    table: Table
    folder: pathlib.Path
    about: About
    records: tuple[Record, ...]
    report: str

    @property
    def title(self) -> str:
        return self.about.title or self.report.partition("\n")[0].removeprefix("# ")


def write(folder: pathlib.Path) -> str:
    """Writes the report and figures of every result in `folder`, and beside the folder the page; returns the page.

    Args:
        folder: Such as docs/results; each folder in it with the JSON of a table or a heavyweight ranker is one result.

    Raises:
        ConfigError: No table at all, or a file is missing or not of this version.
    """
    found = list(_found(folder))
    if not found:
        raise ConfigError(
            f"{folder} holds no table; make one: python -m mtmd_tf.jobs.reproduce --table=1 --results={folder}/NAME ..."
        )
    parts = [_OPENING, _costs(found), *(_section(each, folder.parent) for each in found), *_rankers(folder, found)]
    text = "\n\n".join(parts) + "\n"
    write_text(folder.with_name(f"{folder.name}.md"), text)
    return text


def _found(folder: pathlib.Path) -> Iterator[_Result]:
    """Data set by data set, a folder's name up to its last hyphen, the tables of each in the order of `TABLES`."""
    places = [
        (path.parent.name.rpartition("-")[0], order, path.parent, table)
        for order, table in enumerate(TABLES.values())
        for path in folder.glob(f"*/{table.file_name}")
    ]
    for _, _, place, table in sorted(places, key=lambda each: each[:3]):
        report = table.write(place)
        records = results.all_kept(place)
        yield _Result(table=table, folder=place, about=About.load(place), records=records, report=report)


def _costs(found: Sequence[_Result]) -> str:
    """A line a table; a run that two tables share is counted once in all of them, and by the clock once, too."""
    rows: list[list[str]] = []
    once: dict[str, Record] = {}
    by_the_clock: dict[str, float] = {}  # of a run that tables share, as the first of them trained it
    for each in found:
        at_once = each.about.workers or 1
        shares = {record.run: record.seconds / at_once for record in each.records}
        rows.append([each.title, *_sums(each.records), f"{at_once}", _time(sum(shares.values()))])
        once |= {record.run: record for record in each.records}
        by_the_clock = shares | by_the_clock
    rows.append(["all, each run once", *_sums(list(once.values())), "", _time(sum(by_the_clock.values()))])
    header = [
        "table",
        "runs",
        "time of the runs, added up",
        "processor time of training",
        "at once",
        "by the clock, about",
    ]
    return f"What they cost:\n\n{markdown_table(header, rows, names=1)}"


def _sums(records: Sequence[Record]) -> list[str]:
    seconds, cpu_seconds = sum(r.seconds for r in records), sum(r.fit["cpu_seconds"] for r in records)
    return [f"{len(records)}", _time(seconds), _time(cpu_seconds)]


def _section(result: _Result, beside: pathlib.Path) -> str:
    place = result.folder.relative_to(beside).as_posix()
    figures = [f"![{words}]({place}/{path})" for words, path in _FIGURE.findall(result.report)]
    command = [f"```\n{result.about.command}\n```"] if result.about.command else []
    link = f"[The full report]({place}/{result.table.report_name})"
    parts = [f"## {result.title}", *command, _facts(result), result.table.headlines(result.folder), *figures, link]
    return "\n\n".join(parts)


def _rankers(folder: pathlib.Path, found: Sequence[_Result]) -> Iterator[str]:
    """The section of each heavyweight ranker; its report is written."""
    for path in sorted(folder.glob(f"*/{REPORT}")):
        ranker_report.write(path.parent)
        labels = Ranker.load(path.parent).labels
        learn = [each.title for each in found if labels in {record.data for record in each.records}]
        yield ranker_report.section(path.parent, beside=folder.parent, learn=learn)


def _facts(result: _Result) -> str:
    about, records = result.about, result.records
    runs, seconds, cpu_seconds = _sums(records)
    at_once = f", {about.workers} at once" if about.workers and about.workers > 1 else ""
    clock = f"; the command took {_time(about.seconds)}" if about.seconds else ""
    lines = [
        bullet(f"seeds: {', '.join(str(seed) for seed in sorted({record.seed for record in records}))}"),
        bullet(f"time: {runs} runs{at_once}, {seconds} added up{clock}; {cpu_seconds} of processor time to train"),
        bullet(f"machine: {'; '.join(sorted({record.machine for record in records}))}"),
    ]
    return "\n".join([*lines, *about.notes()])


def _time(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
