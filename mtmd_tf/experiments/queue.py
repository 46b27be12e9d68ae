"""Trains the runs that a table needs one after the other, each in a process of its own (paper section 3.2)."""

import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments import record
from mtmd_tf.experiments.plan import Run
from mtmd_tf.experiments.record import Record, make_record
from mtmd_tf.metrics import requests

_LOG = "log.txt"
_LOG_LINES = 5


def train_all(
    todo: Sequence[Run],
    *,
    folder: pathlib.Path,
    command: Callable[[Run, pathlib.Path], Sequence[str]],
    pairs: Mapping[str, int],
) -> list[Record]:
    """Finished runs are skipped, an interrupted one goes on; says which of how many it is and what time is left.

    Args:
        todo: The runs, in order.
        folder: Their folders are made in it.
        command: The arguments after `python` that train and measure a run in a folder; killed and run again, they go
            on.
        pairs: `{slice: training pairs}`, by which times are guessed; "" is all slices.

    Returns:
        A record for each run.

    Raises:
        ConfigError: A run failed, with the end of its log, or a finished one was trained with other settings.
    """
    done = {run.name: _finished(run, folder / run.name) for run in todo}
    for number, run in enumerate(todo, start=1):
        heading = f"[{number}/{len(todo)}] {run.title}"
        if done[run.name]:
            print(f"{heading}: finished in {folder / run.name}, skipped", flush=True)
            continue
        left = _seconds_left(todo, done, pairs)
        print(f"{heading}: training" + ("" if left is None else f"; about {_duration(left)} left"), flush=True)
        trained = _train(run, folder / run.name, command(run, folder / run.name))
        done[run.name] = trained
        print(f"{heading}: done in {_duration(trained.seconds)}", flush=True)
    return [found for found in done.values() if found]


def _finished(run: Run, folder: pathlib.Path) -> Record | None:
    if not (folder / record.FILE_NAME).exists() or not (folder / requests.FILE_NAME).exists():
        return None
    found = Record.load(folder / record.FILE_NAME)
    found.require(run)
    return found


def _train(run: Run, folder: pathlib.Path, command: Sequence[str]) -> Record:
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    with (folder / _LOG).open("a") as log:
        code = subprocess.run([sys.executable, *command], stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        end = "\n".join((folder / _LOG).read_text(errors="replace").splitlines()[-_LOG_LINES:])
        raise ConfigError(f"{run.title} failed with exit code {code}; the end of {folder / _LOG}:\n{end}")
    made = make_record(run, folder, seconds=time.perf_counter() - begun)
    made.save(folder / record.FILE_NAME)
    return made


def _seconds_left(todo: Sequence[Run], done: Mapping[str, Record | None], pairs: Mapping[str, int]) -> float | None:
    """From the seconds a pair of the runs that are done, of the same architecture where there are any."""
    finished = [(run, found) for run in todo if (found := done[run.name])]
    if not finished:
        return None

    def rate(architecture: str) -> float:
        alike = [each for each in finished if each[0].model.architecture == architecture] or finished
        return sum(found.seconds for _, found in alike) / max(sum(pairs[run.slice] for run, _ in alike), 1)

    return sum(rate(run.model.architecture) * pairs[run.slice] for run in todo if not done[run.name])


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
