"""A job's unit on a worker, and what it leaves in the job's folder: a result or an error."""

import dataclasses
import functools
import os
import pathlib
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from tfrecords_tools.files import write_bytes, write_text

_REASON = "reason.txt"


class EngineError(RuntimeError):
    """A job that cannot run as asked, or whose workers broke; one line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """What a worker has to know; its folder holds `NUMBER.result` or `NUMBER.error` of each unit that is over."""

    function: Callable[[Any], Any]
    folder: pathlib.Path
    expected: tuple[type[Exception], ...]

    def do(self, number: int, unit: Any) -> None:
        """Runs one unit, unless an earlier one has failed: the error of a job does not depend on its workers."""
        if any(int(path.stem) < number for path in self.folder.glob("*.error")):
            return
        outcome: Any
        try:
            outcome, path = (unit, self.function(unit)), self._path(number)
        except self.expected as error:
            outcome, path = error, self._path(number).with_suffix(".error")
        write_bytes(path, pickle.dumps(outcome))

    def unfinished(self, units: Sequence[Any]) -> list[tuple[int, Any]]:
        """The units, numbered, that have no result yet; what an earlier job left of others is deleted."""
        todo = [(number, unit) for number, unit in enumerate(units) if not self._has(number, unit)]
        keep = {self._path(number) for number in range(len(units))} - {self._path(number) for number, _ in todo}
        for path in set(self.folder.iterdir()) - keep:
            path.unlink()
        return todo

    def finished(self) -> int:
        """How many units have a result."""
        return sum(name.endswith(".result") for name in os.listdir(self.folder))

    def reason(self) -> str:
        """Why results are missing."""
        path = self.folder / _REASON
        if path.exists():
            return path.read_text(encoding="utf-8")
        return "every worker must see the job's folder under the same path"

    def result(self, number: int) -> Any:
        return pickle.loads(self._path(number).read_bytes())[1]

    def raise_error(self) -> None:
        """Raises the error of the first unit that failed, if one did."""
        for path in sorted(self.folder.glob("*.error")):
            raise pickle.loads(path.read_bytes())

    def _has(self, number: int, unit: Any) -> bool:
        path = self._path(number)
        return path.exists() and pickle.loads(path.read_bytes())[0] == unit

    def _path(self, number: int) -> pathlib.Path:
        return self.folder / f"{number:06d}.result"


def do_pickled(unit: bytes, job: bytes) -> None:
    """Runs a pickled unit, with its number, of a pickled job."""
    _load(job).do(*pickle.loads(unit))


@functools.cache
def _load(job: bytes) -> Job:
    return pickle.loads(job)


def give_up(folder: pathlib.Path, reason: str) -> None:
    """Keeps why a pipeline ended early: the last line of what Beam says, which has a trace before it."""
    write_text(folder / _REASON, reason.strip().splitlines()[-1])
