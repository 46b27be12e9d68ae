"""Metadata of a folder of results: its command, what was reduced, what was tried (paper section 3.2)."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.list_items import item
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

FILE_NAME = "metadata.json"
_SECTION = pathlib.Path(__file__).with_name("section.md")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """The fields of metadata.json, each optional; `reduced` and `tuning` are written by hand.

    Attributes:
        title: Title of the table, its data set included.
        command: Command that made it.
        workers: Number of trainings in parallel.
        seconds: Seconds of the command; None where it skipped runs that were finished before.
        reduced: Reductions of the setup to fit the machine, a line each.
        tuning: Values tried for each model and their loss on validation days, a line each.
    """

    title: str = ""
    command: str = ""
    workers: int | None = None
    seconds: float | None = None
    reduced: tuple[str, ...] = ()
    tuning: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: pathlib.Path) -> "Metadata":
        """Reads metadata.json of a folder of results; an empty one where there is none.

        Raises:
            ConfigError: No JSON object, an unknown field or one of another type; it names the file.
        """
        path = folder / FILE_NAME
        return structure.load(path, cls, what="description of results", raises=ConfigError) if path.exists() else cls()

    def notes(self) -> list[str]:
        """The reductions and the tried values as Markdown: an item for each heading, and below it one for each line."""
        lines = []
        for heading, said in (("limits", self.reduced), ("tuning", self.tuning)):
            if said:
                lines += [item(f"{heading}:"), *(item(line, level=1) for line in said)]
        return lines

    def section(self, title: str, facts: str, parts: Sequence[str], *, report: str) -> str:
        """The section on these results of the page of all results.

        Args:
            title: Heading of the section.
            facts: List of facts, which the notes follow.
            parts: Paragraphs and figures.
            report: Path of the full report from the page.
        """
        from mtmd_tf.reporting.page import passage  # pandas takes half a second, and `--help` needs none

        facts = "\n".join([facts, *self.notes()])
        return passage(_SECTION, title=title, command=self.command, facts=facts, parts=[*parts], report=report)

    def save(self, folder: pathlib.Path) -> None:
        """Writes metadata.json without empty fields; of one that is there already, what people wrote stays.

        That is `title`, `reduced` and `tuning`. The time stays too where the same command took none again.
        """
        before = Metadata.load(folder)
        own = {name: value for name in _BY_HAND if (value := getattr(before, name))}
        if self.seconds is None and self.command == before.command:
            own["seconds"] = before.seconds
        plain = dataclasses.asdict(dataclasses.replace(self, **own))
        said = {name: value for name, value in plain.items() if value not in ("", None, ())}
        write_text(folder / FILE_NAME, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


_BY_HAND = ("title", "reduced", "tuning")
