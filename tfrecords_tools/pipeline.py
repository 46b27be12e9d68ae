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

from tfrecords_tools.job import do_pickled, give_up


def main(path: pathlib.Path, *, parent: int) -> None:
    """Runs the job that `engine.run` left in `path`; `parent` is the process that called it."""
    threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    logging.basicConfig(level=logging.WARNING)
    threading.excepthook = functools.partial(_end_by, path.parent)
    job, units, arguments = pickle.loads(path.read_bytes())
    try:
        run(job, units, arguments=arguments)
    except Exception as error:
        said = str(error) or "nothing answers where the pipeline's arguments say that the cluster is"
        give_up(path.parent, f"{type(error).__name__}: {said}")
        raise


def run(job: bytes, units: Sequence[bytes], *, arguments: Sequence[str]) -> None:
    """The pipeline: one element is one unit, numbered and pickled; so is the job."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    pipeline = beam.Pipeline(options=PipelineOptions(list(arguments)))
    _ = pipeline | "Units" >> beam.Create(units) | "Spread" >> beam.Reshuffle() | "Do" >> beam.Map(do_pickled, job)
    result = pipeline.run()
    try:
        result.wait_until_finish()
    except KeyboardInterrupt:
        result.cancel()
        raise


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _end_by(folder: pathlib.Path, problem: threading.ExceptHookArgs) -> None:
    """Beam says in a thread of its own that a worker process has died, and then waits for it for ever."""
    threading.__excepthook__(problem)
    if str(problem.exc_value).startswith("Worker subprocess"):
        give_up(folder, str(problem.exc_value))
        os._exit(1)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), parent=int(sys.argv[2]))
