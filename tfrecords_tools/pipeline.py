"""The process that runs a job's Beam pipeline, and ends with its workers once the process that asked is gone."""

import functools
import logging
import os
import pathlib
import pickle
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from tfrecords_tools.engine import Job


def main(path: pathlib.Path, *, parent: int) -> None:
    """Runs the job that `engine.run` left in `path`; `parent` is the process that called it."""
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    logging.basicConfig(level=logging.WARNING)
    job, todo, arguments = pickle.loads(path.read_bytes())
    threading.excepthook = functools.partial(_end_by, job)
    try:
        run(job, todo, arguments=arguments)
    except Exception as error:
        job.give_up(f"{type(error).__name__}: {error}")
        raise


def run(job: Job, todo: Sequence[tuple[int, Any]], *, arguments: Sequence[str]) -> None:
    """The pipeline: one element is one unit."""
    import apache_beam as beam
    import cloudpickle
    from apache_beam.options.pipeline_options import PipelineOptions

    pipeline = beam.Pipeline(options=PipelineOptions(list(arguments)))
    units = pipeline | "Units" >> beam.Create([cloudpickle.dumps(numbered) for numbered in todo])
    units | "Spread" >> beam.Reshuffle() | "Do" >> beam.Map(_do, job)
    result = pipeline.run()
    try:
        result.wait_until_finish()
    except KeyboardInterrupt:
        result.cancel()
        raise


def _do(numbered: bytes, job: Job) -> None:
    number, unit = pickle.loads(numbered)
    job.do(number, unit)


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _end_by(job: Job, problem: threading.ExceptHookArgs) -> None:
    """Beam says in a thread of its own that a worker process has died, and then waits for it for ever."""
    threading.__excepthook__(problem)
    if str(problem.exc_value).startswith("Worker subprocess"):
        job.give_up(str(problem.exc_value))
        os._exit(1)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), parent=int(sys.argv[2]))
