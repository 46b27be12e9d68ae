"""Metadata of a folder of results: its command, what was reduced, what was tried (paper section 3.2)."""

import dataclasses
import json
import pathlib
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.list_items import item
from tfrecords_tools.files import write_text

FILE_NAME = "about.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class About:
    """The fields of about.json, each optional; `reduced` and `tuning` are written by hand.

    Attributes:
        title: Title of the table, its data set included.
        command: Command that made it.
        workers: Number of trainings in parallel.
        seconds: Seconds of the command; None where it skipped runs that were finished before.
        reduced: Reductions of the setup to fit the machine, a line each.
        tuning: Values tried for each model and their loss on validation days, a line each.

    Raises:
        ConfigError: A field of another type.
    """

    title: str = ""
    command: str = ""
    workers: int | None = None
    seconds: float | None = None
    reduced: tuple[str, ...] = ()
    tuning: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, types, rule in _RULES:
            value = getattr(self, name)
            lines = value if isinstance(value, tuple) else ()
            if not isinstance(value, types) or not all(isinstance(line, str) for line in lines):
                raise ConfigError(f"{name} must be {rule}, got {value!r}.")

    @classmethod
    def load(cls, folder: pathlib.Path) -> "About":
        """Reads about.json of a folder of results; an empty one where there is none.

        Raises:
            ConfigError: No JSON object, an unknown field or one of another type; it names the file.
        """
        path, names = folder / FILE_NAME, [field.name for field in dataclasses.fields(cls)]
        if not path.exists():
            return cls()
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigError(f"{path} is not JSON: {error}") from error
        if not isinstance(plain, dict):
            raise ConfigError(f"{path} must hold one JSON object, got {plain!r}.")
        for name in plain:
            if name not in names:
                raise ConfigError(f"{path}: no field {name!r}; choose from {names}.")
        try:
            chosen: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()}
            return cls(**chosen)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    def notes(self) -> list[str]:
        """The reductions and the tried values as Markdown: an item for each heading, and below it one for each line."""
        lines = []
        for heading, said in (("limits", self.reduced), ("tuning", self.tuning)):
            if said:
                lines += [item(f"{heading}:"), *(item(line, level=1) for line in said)]
        return lines

    def save(self, folder: pathlib.Path) -> None:
        """Writes about.json without empty fields; of one that is there already, what people wrote stays.

        That is `title`, `reduced` and `tuning`. The time stays too where the same command took none again.
        """
        before = About.load(folder)
        own = {name: value for name in _BY_HAND if (value := getattr(before, name))}
        if self.seconds is None and self.command == before.command:
            own["seconds"] = before.seconds
        plain = dataclasses.asdict(dataclasses.replace(self, **own))
        said = {name: value for name, value in plain.items() if value not in ("", None, ())}
        write_text(folder / FILE_NAME, json.dumps(said, indent=1, ensure_ascii=False) + "\n")


_BY_HAND = ("title", "reduced", "tuning")
_RULES = (
    ("title", str, "a text"),
    ("command", str, "a text"),
    ("workers", int | None, "a whole number"),
    ("seconds", int | float | None, "a number"),
    ("reduced", tuple, "a list of texts"),
    ("tuning", tuple, "a list of texts"),
)
