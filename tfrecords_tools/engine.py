"""Runs a job's independent units of work: in this process, on worker processes, or on a cluster (docs/adr/0016)."""

import contextlib
import importlib.util
import os
import pathlib
import pickle
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import tqdm

from tfrecords_tools.files import write_bytes
from tfrecords_tools.job import EngineError, Job
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import SchemaError

LOG = "beam.log"
_WORK = "work.pickle"
_WORKERS_FROM = 8  # units: starting workers takes as long as doing a few, docs/adr/0016
_LOOK_EVERY = 0.5  # seconds between two looks at what is finished
_CANCEL_WITHIN = 20.0  # seconds for a cluster to take back a job


def run(
    function: Callable[[Any], Any],
    units: Sequence[Any],
    *,
    folder: pathlib.Path,
    workers: int | None = None,
    beam: str = "",
    expected: tuple[type[Exception], ...] = (DataError, SchemaError),
    name: str = "",
    unit: str = "units",
) -> list[Any]:
    """Gives `function` every unit of a job and returns the results in the order of the units.

    One worker is this process, which needs no Beam. More are one Beam pipeline: here it has worker processes, and by
    `beam` it runs on a cluster, whose workers need this package and must see `folder` under the same path.

    A unit whose result an interrupted job left in `folder` is not run again. The caller owns the folder, and deletes it
    once it has used the results.

    Args:
        function: Function of an importable module, or a partial of one. It writes a unit's files completely or not at
            all, because a worker may be killed or asked twice, and returns something small to pickle.
        units: Values to pickle, comparable with `==`.
        folder: The job's own folder, for results and the log of the workers.
        workers: Processes on this machine; by default one a core, or one alone for fewer than eight units or where
            Beam is not installed.
        beam: The arguments of a Beam pipeline, such as `--runner=FlinkRunner --flink_master=host:8081`.
        expected: Errors of a unit that reach the caller as they are; of several, that of the first unit.
        name: Title of the progress bar.
        unit: Unit that the progress bar counts.

    Raises:
        EngineError: No Beam, arguments that contradict each other, or workers that broke; it names their log.
    """
    processes = _processes(workers, beam, units=len(units))
    folder.mkdir(parents=True, exist_ok=True)
    job = Job(function=function, folder=folder.absolute(), expected=expected)
    todo = job.unfinished(units)
    processes = min(processes, len(todo))
    with progress_bar(total=len(units), initial=len(units) - len(todo), desc=name, unit=f" {unit}") as bar:
        if todo and (beam or processes > 1):
            _run_pipeline(job, todo, processes=processes, beam=beam, bar=bar)
        else:
            for number, one in todo:
                job.do(number, one)
                job.raise_error()
                bar.update()
    return [job.result(number) for number in range(len(units))]


def _processes(workers: int | None, beam: str, *, units: int) -> int:
    installed = importlib.util.find_spec("apache_beam") is not None
    if beam and workers is not None:
        raise EngineError(f"workers {workers} are of this machine, and beam {beam!r} is of a cluster: give one of them")
    if beam and not any(argument.startswith("--runner") for argument in shlex.split(beam)):
        raise EngineError(f"beam {beam!r}: no --runner, such as --runner=FlinkRunner")
    if workers is not None and workers < 1:
        raise EngineError(f"workers: a number from 1; it is {workers}")
    if not installed and (beam or (workers or 1) > 1):
        asked = f"beam {beam!r}" if beam else f"{workers} workers"
        raise EngineError(f"{asked}: Apache Beam is not installed; pip install 'mtmd-tf[beam]', or use one worker")
    cores = len(os.sched_getaffinity(0))
    return workers or (cores if installed and units >= _WORKERS_FROM else 1)


def _run_pipeline(job: Job, todo: list[tuple[int, Any]], *, processes: int, beam: str, bar: tqdm.tqdm) -> None:
    """Runs the pipeline in a process group of its own, so that ending it leaves no worker behind."""
    import cloudpickle  # comes with Beam; takes functions of a module that is run as a script

    # Not DirectRunner: it tries to download another runner first.
    local = f"--runner=FnApiRunner --direct_running_mode=multi_processing --direct_num_workers={processes}"
    arguments = shlex.split(beam or local)
    # Pickled one by one: the pipeline's own process need not import what the units do.
    work = (cloudpickle.dumps(job), [cloudpickle.dumps(numbered) for numbered in todo], arguments)
    write_bytes(job.folder / _WORK, pickle.dumps(work))
    command = [sys.executable, "-m", "tfrecords_tools.pipeline", str(job.folder / _WORK), str(os.getpid())]
    with open(job.folder / LOG, "wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=_environment(None if beam else processes),
        )
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_EVERY)
            bar.update(job.finished() - bar.n)
            if process.returncode is not None:
                break
    finally:
        _end(process, patience=_CANCEL_WITHIN if beam else 0.0)
    job.raise_error()
    missing = int(bar.total) - job.finished()
    if missing:
        where = f"log: {job.folder / LOG}"
        raise EngineError(f"{missing} of {bar.total} units have no result: {job.reason()} ({where})")


def _environment(processes: int | None) -> dict[str, str]:
    """Workers of this machine import what this process does, and share its cores."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if processes is not None:
        threads = str(max(1, len(os.sched_getaffinity(0)) // processes))
        for variable in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
            environment.setdefault(variable, threads)
    return environment


def _end(process: subprocess.Popen, *, patience: float) -> None:
    if process.poll() is None and patience:
        process.send_signal(signal.SIGINT)  # the pipeline cancels the cluster's job
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
