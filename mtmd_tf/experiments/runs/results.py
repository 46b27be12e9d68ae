"""The folder of results: the record of each run beside the table and its report (paper section 3.2)."""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.record import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RECORDS = "runs"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The report on one table.

    Attributes:
        text: The whole report, Markdown.
        summary: Section of the page of all results, Markdown.
        answer: One sentence, where the table has one.
        figures: `{name: figure}` that the text shows as NAME.png; None where there is nothing to draw.
    """

    text: str
    summary: str
    answer: str = ""
    figures: Mapping[str, "Figure | None"]


def save_records(records: Iterable[Record], results: pathlib.Path) -> tuple[str, ...]:
    """Writes the records of a table's runs, and removes those of another order, which would be taken for its.

    Returns:
        The names of the runs whose records it removed.

    Raises:
        ConfigError: As `require_records`.
    """
    require_records(results)
    before = {path.stem for path in (results / _RECORDS).glob("*.json")}
    (results / _RECORDS).mkdir(parents=True, exist_ok=True)
    for record in records:
        record.save(results / _RECORDS / f"{record.run}.json")
        before.discard(record.run)
    for name in before:
        (results / _RECORDS / f"{name}.json").unlink()
    return tuple(sorted(before))


def require_records(results: pathlib.Path) -> None:
    """Refuses a folder of results whose folder of records holds something else, which `save_records` would remove.

    Raises:
        ConfigError: It names the file.
    """
    for path in sorted((results / _RECORDS).glob("*")):
        rule = f"{results / _RECORDS} may hold records of runs alone; choose another --results"
        if path.suffix != ".json":
            raise ConfigError(f"{path} is no record of a finished run; {rule}.")
        Record.load(path)


def records_of(results: pathlib.Path, names: Iterable[str]) -> dict[str, Record]:
    """`{run: its record}` of the named runs.

    Raises:
        ConfigError: One is missing or broken.
    """
    records = {}
    for name in names:
        if not (results / _RECORDS / f"{name}.json").exists():
            raise ConfigError(f"{results / _RECORDS} lacks the record of {name}.")
        records[name] = Record.load(results / _RECORDS / f"{name}.json")
    return records


def all_records(results: pathlib.Path) -> tuple[Record, ...]:
    """The records of all runs of a table, ordered by name.

    Raises:
        ConfigError: One is broken.
    """
    return tuple(Record.load(path) for path in sorted((results / _RECORDS).glob("*.json")))
