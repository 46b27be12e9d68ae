"""Prepares blocks in this process or in several, a few ahead and always in order."""

import collections
import concurrent.futures
import contextlib
import multiprocessing
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool

from threadpoolctl import threadpool_limits

from mtmd_tf.simulation import worker
from mtmd_tf.simulation.blocks import Plan, Prepared, Preparer, Span
from tfrecords_tools.job import EngineError

Prepare = Callable[[Iterable[Span]], Iterator[Prepared]]

_AHEAD = 2  # blocks of each process that wait or are made: they bound the memory


@contextlib.contextmanager
def preparing(plan: Plan, preparer: Preparer, *, workers: int) -> Iterator[Prepare]:
    """Gives a function that prepares blocks; the blocks do not depend on the number of workers.

    Args:
        plan: The simulation.
        preparer: The preparer of this process.
        workers: Processes; 1 for this one alone.

    Raises:
        EngineError: A process was killed.
    """
    if workers == 1:
        with threadpool_limits(limits=1, user_api="blas"):
            yield lambda spans: map(preparer, spans)
        return
    context = multiprocessing.get_context("spawn")  # a process with TensorFlow in it cannot be forked
    try:
        with concurrent.futures.ProcessPoolExecutor(
            workers, mp_context=context, initializer=worker.start, initargs=(pickle.dumps(plan),)
        ) as pool:
            yield lambda spans: _in_order(pool, spans, ahead=_AHEAD * workers)
    except BrokenProcessPool as error:
        raise EngineError(
            f"one of {workers} processes of the simulation ended early, perhaps for want of memory; run the same "
            "command to go on with the day, with fewer --workers if it happens again"
        ) from error


def _in_order(pool: concurrent.futures.Executor, spans: Iterable[Span], *, ahead: int) -> Iterator[Prepared]:
    waiting: collections.deque[concurrent.futures.Future[bytes]] = collections.deque()
    for span in spans:
        waiting.append(pool.submit(worker.prepare, pickle.dumps(span)))
        if len(waiting) >= ahead:
            yield pickle.loads(waiting.popleft().result())
    while waiting:
        yield pickle.loads(waiting.popleft().result())
