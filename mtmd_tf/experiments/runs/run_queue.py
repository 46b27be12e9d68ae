"""Trains the runs that a table needs, some in parallel, each in a process of its own (paper section 3.2)."""

import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from mtmd_tf.config import ConfigError, arguments
from mtmd_tf.experiments.runs import record
from mtmd_tf.experiments.runs.estimate import Rates
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record, make_record
from mtmd_tf.metrics import RequestErrors, requests
from mtmd_tf.sizing.rule import AUTO
from tfrecords_tools import parents
from tfrecords_tools.locks import alone_in

CHECKOUT = pathlib.Path(__file__).resolve().parents[3]
_LOG = "log.txt"
_LOG_LINES = 5
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")  # without them every process takes every core


def training_command(data: pathlib.Path, run: Run, folder: pathlib.Path) -> list[str]:
    """The arguments after `python` that train and measure a run on the data set `data` in the folder `folder`."""
    chosen = arguments(run.model, run.train, always=AUTO)
    return [str(CHECKOUT / "train.py"), f"--data={data}", f"--run={folder}", f"--slice={run.slice}", *chosen]


def train_all(
    todo: Sequence[Run],
    *,
    folder: pathlib.Path,
    command: Callable[[Run, pathlib.Path], Sequence[str]],
    pairs: Mapping[str, int],
    leaves: Sequence[str] = (),
    workers: int = 1,
    on_done: Callable[[Run, Record], None] = lambda run, found: None,
) -> list[Record]:
    """Finished runs are skipped, an interrupted one resumes; prints its number and the time that is left.

    What is still running when one fails, or when this is interrupted, is killed.

    Args:
        todo: Runs in order.
        folder: Folder in which the runs' folders are made.
        command: The arguments after `python` that train and measure a run in a folder; killed and run again, they
            resume.
        pairs: `{slice: training pairs}`, by which times are guessed; "" is all slices.
        leaves: Files without which a run is not finished, beside what every run leaves.
        workers: Number of runs trained in parallel; they share the cores evenly.
        on_done: Called with each run as soon as it is finished, or found to be.

    Returns:
        A record for each run.

    Raises:
        ConfigError: No worker, or another process trains runs in the folder; or a run failed, with the end of its log,
            or a finished one was trained with other settings.
    """
    if workers < 1:
        raise ConfigError(f"--workers must be at least 1, got {workers}.")
    done = {run.name: _finished(run, folder / run.name, leaves=leaves) for run in todo}
    waiting, running = list(enumerate(todo, start=1)), dict[concurrent.futures.Future, _Training]()
    alone = contextlib.ExitStack()
    if not all(done.values()):  # what is finished can be read by many
        folder.mkdir(parents=True, exist_ok=True)
        alone.enter_context(alone_in(folder, doing="training runs", other="--runs", raises=ConfigError))
    pool = concurrent.futures.ThreadPoolExecutor(workers)  # its threads only wait: a process ends with who started it
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                number, run = waiting.pop(0)
                heading = f"[{number}/{len(todo)}] {run.title}"
                if found := done[run.name]:
                    print(f"{heading}: finished in {folder / run.name}, skipped", flush=True)
                    on_done(run, found)
                    continue
                left = _seconds_left(todo, done, pairs)
                about = "" if left is None else f"; about {duration(left / workers)} left"
                print(f"{heading}: training{about}", flush=True)
                arguments = command(run, folder / run.name)
                started = _Training.start(run, folder / run.name, arguments, heading=heading, workers=workers)
                running[pool.submit(started.process.wait)] = started
            if running:
                concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                future = next(each for each in running if each.done())
                ended = running[future]
                trained = done[ended.run.name] = ended.record()
                del running[future]
                print(f"{ended.heading}: done in {duration(trained.seconds)}", flush=True)
                on_done(ended.run, trained)
    finally:
        for each in running.values():
            each.stop()
        pool.shutdown()
        alone.close()
    return [found for found in done.values() if found]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Training:
    """A run's process, from its start to its record."""

    run: Run
    folder: pathlib.Path
    heading: str
    begun: float
    process: subprocess.Popen
    threads: int

    @classmethod
    def start(
        cls, run: Run, folder: pathlib.Path, command: Sequence[str], *, heading: str, workers: int
    ) -> "_Training":
        folder.mkdir(parents=True, exist_ok=True)
        threads = max(len(os.sched_getaffinity(0)) // workers, 1)
        shared = dict.fromkeys(_THREADS, str(threads)) if workers > 1 else {}  # alone, as its command alone would be
        said = next((own for name in _THREADS[::-1] if (own := os.environ.get(name, "")).isdigit() and int(own)), "")
        threads = int(said) if said and not shared else threads
        begun = time.perf_counter()
        with (folder / _LOG).open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**parents.environment(), **shared},
            )
        return cls(run=run, folder=folder, heading=heading, begun=begun, process=process, threads=threads)

    def record(self) -> Record:
        if self.process.returncode:
            said = (self.folder / _LOG).read_text(encoding="utf-8", errors="replace")
            end = "\n".join(said.splitlines()[-_LOG_LINES:])
            raise ConfigError(
                f"{self.run.title} failed with exit code {self.process.returncode}; "
                f"the end of {self.folder / _LOG}:\n{end}"
            )
        seconds = time.perf_counter() - self.begun
        made = make_record(self.run, self.folder, seconds=seconds, threads=self.threads)
        made.save(self.folder / record.FILE_NAME)
        return made

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def _finished(run: Run, folder: pathlib.Path, *, leaves: Sequence[str]) -> Record | None:
    if not all((folder / name).exists() for name in (record.FILE_NAME, requests.FILE_NAME, *leaves)):
        return None
    if not RequestErrors.readable(folder / requests.FILE_NAME):
        return None  # damaged: run again, train.py only measures
    found = Record.load(folder / record.FILE_NAME)
    found.require(run)
    return found


def _seconds_left(todo: Sequence[Run], done: Mapping[str, Record | None], pairs: Mapping[str, int]) -> float | None:
    """None while no run has told how long runs take."""
    finished = [found for found in done.values() if found]
    rates = Rates(finished)
    seconds = [rates.seconds(run, pairs[run.slice]) for run in todo if not done[run.name]]
    return sum(seconds) if finished else None


def duration(seconds: float, *, decimals: int = 0) -> str:
    """For people: `90 s`, `12 min`, with so many decimals, or `5.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.{decimals}f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
