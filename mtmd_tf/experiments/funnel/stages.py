"""The stages of a page of results: which are finished, and how long the others will take (paper section 3.3)."""

import dataclasses
import json
import pathlib
import shlex
from collections.abc import Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.run_queue import duration
from mtmd_tf.reporting.markdown import table
from tfrecords_tools.digests import digest_of, read_with_digest, with_digest
from tfrecords_tools.files import atomically

_FORM = "'TITLE: MINUTES: FILE: ARGUMENTS', the file that is written last and what stands after `python`"
FLAGFILE = "--flagfile="
_RESUMED = 0.1  # a stage that took less of its time found its work done, which tells nothing of the machine


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """One command of a page.

    Attributes:
        title: Name for people, of its own.
        minutes: About how long it takes on 2 idle cores.
        done: The file that it writes last, in the folder in which it runs.
        command: Arguments after `python`.
        within: Folder in which it runs.
    """

    title: str
    minutes: float
    done: pathlib.Path
    command: tuple[str, ...]
    within: pathlib.Path = pathlib.Path()

    @classmethod
    def read(cls, text: str) -> "Stage":
        """Of a text such as `'cuts: 2: runs/cuts/cuts/comparison.md: -m mtmd_tf.jobs.measure_cuts --data=d'`.

        Raises:
            ConfigError: Another form, or a flag file that is not there.
        """
        parts = [part.strip() for part in text.split(": ", 3)]
        try:
            title, minutes, done, arguments = parts
            found = cls(
                title=title, minutes=float(minutes), done=pathlib.Path(done), command=tuple(shlex.split(arguments))
            )
        except ValueError as error:
            raise ConfigError(f"--stage={text!r}: it is {_FORM}.") from error
        if not (title and done and found.command and 0.0 < found.minutes < float("inf")):
            raise ConfigError(f"--stage={text!r}: it is {_FORM}; none of them is empty, and minutes are above 0.")
        for path in found.flagfiles:
            if not path.is_file():
                raise ConfigError(f"--stage={title}: there is no flag file {path}.")
        return found

    @property
    def flagfiles(self) -> tuple[pathlib.Path, ...]:
        """The flag files that the command reads."""
        own = (each.removeprefix(FLAGFILE) for each in self.command if each.startswith(FLAGFILE))
        return tuple(map(pathlib.Path, own))

    @property
    def ended(self) -> bool:
        """Whether the file that it writes last is there."""
        return (self.within / self.done).is_file()

    @property
    def text(self) -> str:
        """What the command is told, flag files included."""
        return "\n".join([shlex.join(self.command), *(path.read_text(encoding="utf-8") for path in self.flagfiles)])


def stages_named(texts: Sequence[str]) -> tuple[Stage, ...]:
    """The stages in order; raises a ConfigError for none, for another form, and for a title that comes twice."""
    if not texts:
        raise ConfigError(f"--stage: name one at least, as {_FORM}; see docs/funnel/page.flags.")
    found = tuple(map(Stage.read, texts))
    titles = [stage.title for stage in found]
    if twice := [title for number, title in enumerate(titles) if title in titles[:number]]:
        raise ConfigError(f"--stage: the title {twice[0]!r} comes twice; give each stage its own.")
    return found


class Progress:
    """What of the stages is finished, kept in a file.

    A stage is finished if it ended with the same arguments and flag files, its file is there, and the same holds for
    the stages before whose folders it names.

    Args:
        stages: The stages in order.
        record: Path of the file, made with the first stage that ends.

    Raises:
        ConfigError: The file was changed.
    """

    def __init__(self, stages: Sequence[Stage], record: pathlib.Path) -> None:
        self._stages, self._record = stages, record
        self._seconds: dict[str, float] = {}
        self._keys: dict[str, str] = {}
        for number, stage in enumerate(stages):
            text = stage.text
            read = [self._keys[other.title] for other in stages[:number] if str(other.done.parent) in text]
            self._keys[stage.title] = digest_of({"text": text, "of": read})
        if record.exists():
            self._seconds = read_with_digest(
                record, raises=ConfigError, rule="remove it; finished commands end at once"
            )

    def finished(self, stage: Stage) -> bool:
        """Whether the stage has ended, and what it read is as it was."""
        return self._keys[stage.title] in self._seconds and stage.ended

    def ended(self, stage: Stage, seconds: float) -> None:
        """Keeps that a stage ended after so many seconds.

        Raises:
            ConfigError: It left no file.
        """
        if not stage.ended:
            raise ConfigError(f"{stage.title} ended and left no {stage.done}; the stage names another file.")
        self._seconds[self._keys[stage.title]] = round(seconds, 1)
        self._record.parent.mkdir(parents=True, exist_ok=True)
        with atomically(self._record) as partial:
            partial.write_text(json.dumps(with_digest(self._seconds), indent=1) + "\n", encoding="utf-8")

    @property
    def left(self) -> float:
        """Estimated seconds of what is not finished: the said minutes, at the pace of what is finished."""
        took = {s: self._seconds[self._keys[s.title]] for s in self._stages if self.finished(s)}
        paced = {s: seconds for s, seconds in took.items() if seconds > _RESUMED * 60.0 * s.minutes}
        pace = sum(paced.values()) / sum(60.0 * s.minutes for s in paced) if paced else 1.0
        return pace * sum(60.0 * s.minutes for s in self._stages if s not in took)

    def plan(self) -> str:
        """A line a stage, and about how long all that is missing takes."""
        rows = []
        for number, stage in enumerate(self._stages, start=1):
            done = self.finished(stage)
            took = f"{self._seconds[self._keys[stage.title]]:.0f} s" if done else duration(60.0 * stage.minutes)
            rows.append(
                {"": f"{number}", "stage": stage.title, "state": "finished" if done else "missing", "time": took}
            )
        missing = sum(not self.finished(stage) for stage in self._stages)
        lack = "1 stage is" if missing == 1 else f"{missing} stages are"
        left = f"{lack} missing, about {duration(self.left)}." if missing else "Nothing is missing."
        return f"{table(rows, names=3)}\n\n{left}"
