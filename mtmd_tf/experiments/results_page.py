"""The page of all results: each table of a folder rebuilt from its JSON, with its summary (paper section 3)."""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterator, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.answer import answer
from mtmd_tf.experiments.labels import report as label_report
from mtmd_tf.experiments.labels.label_quality import LabelQuality
from mtmd_tf.experiments.ladder import report as ladder_report
from mtmd_tf.experiments.ladder.measure import measure
from mtmd_tf.experiments.ladder.records import FILE_NAME, LadderFolder
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.metadata import Metadata
from mtmd_tf.experiments.runs.record import Record, machines
from mtmd_tf.experiments.runs.results import Report
from mtmd_tf.experiments.runs.run_queue import duration
from mtmd_tf.experiments.table1.comparison import FILE_NAME as TABLE1
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.experiments.tables import TABLES
from mtmd_tf.heavyweight.labels.origin import REPORT
from mtmd_tf.reporting.list_items import facts
from mtmd_tf.reporting.page import page
from tfrecords_tools.files import write_text

_LADDER = "ladder"  # folder of the ladder of the default settings; another ladder's has a name behind it
_PAGE = pathlib.Path(__file__).with_suffix(".md")
_duration = functools.partial(duration, decimals=1)
_FIGURE = re.compile(r"^!\[(.*)\]\((.*)\)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Result:
    """One folder that holds a table; its report and figures are written."""

    name: str
    folder: pathlib.Path
    metadata: Metadata
    records: tuple[Record, ...]
    report: Report

    @property
    def title(self) -> str:
        return self.metadata.title or self.report.text.partition("\n")[0].removeprefix("# ")

    @property
    def is_table1(self) -> bool:
        return (self.folder / TABLE1).exists()


def write(folder: pathlib.Path) -> str:
    """Writes the report and figures of every result in `folder`, and beside it the page and one for each ladder.

    Args:
        folder: Such as docs/results; each folder in it with the JSON of a table or a heavyweight ranker is one result.

    Returns:
        The page of results.

    Raises:
        ConfigError: No table at all, or a file is missing or not of this version.
    """
    found = list(_found(folder))
    if not found:
        raise ConfigError(
            f"{folder} holds no table; make one: python -m mtmd_tf.jobs.reproduce --table=1 --results={folder}/NAME ..."
        )
    climbed = {place: measure(LadderFolder(place)) for place in ladders(folder)}
    for place, ladder in climbed.items():
        ladder_report.write(place, folder.with_name(f"{place.name}.md"), comparisons=ladder)
    tables = {each.title: Table1.load(each.folder / TABLE1) for each in found if each.is_table1}
    named = {place.name.removeprefix(_LADDER).removeprefix("-"): ladder for place, ladder in climbed.items()}
    text = page(
        _PAGE,
        answer=answer(tables, named),
        costs=[*_costs(found)],
        results=[_section(each, folder.parent) for each in found],
        rankers=[*_rankers(folder, found)],
    )
    write_text(folder.with_name(f"{folder.name}.md"), text)
    return text


def ladders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in `folder` that hold a ladder; the page of each lies beside `folder`, by its name."""
    return sorted(path.parent for path in folder.glob(f"*/{FILE_NAME}"))


def _found(folder: pathlib.Path) -> Iterator[_Result]:
    """Data set by data set, a folder's name up to its last hyphen, the tables of each in the order of `TABLES`."""
    places = [
        (path.parent.name.rpartition("-")[0], order, path.parent, table)
        for order, table in enumerate(TABLES.values())
        for path in folder.glob(f"*/{table.file_name}")
    ]
    for _, _, place, each in sorted(places, key=lambda each: each[:3]):
        report, records = each.write(place), results.all_records(place)
        yield _Result(
            name=each.report_name, folder=place, metadata=Metadata.load(place), records=records, report=report
        )


def _costs(found: Sequence[_Result]) -> Iterator[tuple]:
    """A line a table; a run that two tables share is counted once in all of them, its share of the wall time, too."""
    once: dict[str, Record] = {}
    wall: dict[str, float] = {}  # of a run that tables share, as the first of them trained it
    for each in found:
        workers = each.metadata.workers or 1
        shares = {record.run: record.seconds / workers for record in each.records}
        yield each.title, *_sums(each.records), workers, _duration(sum(shares.values()))
        once |= {record.run: record for record in each.records}
        wall = shares | wall
    yield "all, each run once", *_sums([*once.values()]), "", _duration(sum(wall.values()))


def _sums(records: Sequence[Record]) -> tuple[int, str, str]:
    """How many runs, their time, and the processor time of their training."""
    seconds, cpu_seconds = sum(r.seconds for r in records), sum(r.fit["cpu_seconds"] for r in records)
    return len(records), _duration(seconds), _duration(cpu_seconds)


def _section(result: _Result, beside: pathlib.Path) -> str:
    place = result.folder.relative_to(beside).as_posix()
    figures = [f"![{words}]({place}/{path})" for words, path in _FIGURE.findall(result.report.text)]
    parts = [result.report.summary, *figures]
    return result.metadata.section(result.title, _facts(result), parts, report=f"{place}/{result.name}")


def _rankers(folder: pathlib.Path, found: Sequence[_Result]) -> Iterator[str]:
    """The section of each heavyweight ranker; its report is written."""
    for path in sorted(folder.glob(f"*/{REPORT}")):
        label_report.write(path.parent)
        labels = LabelQuality.load(path.parent).labels
        learn = [each.title for each in found if labels in {record.data for record in each.records}]
        yield label_report.section(path.parent, beside=folder.parent, learn=learn)


def _facts(result: _Result) -> str:
    metadata, records = result.metadata, result.records
    runs, seconds, cpu_seconds = _sums(records)
    parallel = f", {metadata.workers} in parallel" if metadata.workers and metadata.workers > 1 else ""
    wall = f"; the command took {_duration(metadata.seconds)}" if metadata.seconds else ""
    lines = {
        "seeds": ", ".join(map(str, sorted({record.seed for record in records}))),
        "time": f"{runs} runs{parallel}, {seconds} in total{wall}; {cpu_seconds} of processor time to train",
        "machine": machines(records),
    }
    return facts(lines)
