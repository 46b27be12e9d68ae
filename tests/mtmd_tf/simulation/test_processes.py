"""Processes that prepare blocks."""

import concurrent.futures

import pytest

from mtmd_tf.simulation import processes
from mtmd_tf.simulation.blocks import Preparer, spans_of
from tests.mtmd_tf.simulation.world import small_plan
from tfrecords_tools.job import EngineError


def killed() -> None:
    raise concurrent.futures.process.BrokenProcessPool("A process in the process pool was terminated abruptly")


class Dying(concurrent.futures.ThreadPoolExecutor):
    """A pool whose processes are killed as soon as they have work."""

    def __init__(self, workers: int, **_: object) -> None:
        super().__init__(workers)

    def submit(self, *_: object) -> concurrent.futures.Future:
        return super().submit(killed)


def test_a_killed_process_is_told_in_a_line(monkeypatch):
    plan = small_plan("random", block=64)
    preparer = Preparer(plan)
    spans = spans_of(0, preparer.traffic.day(0).visits.user * 0, block=64, every=None)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", Dying)
    with (
        pytest.raises(
            EngineError, match="one of 2 processes of the simulation ended early, perhaps for want of memory"
        ),
        processes.preparing(plan, preparer, workers=2) as prepare,
    ):
        list(prepare(spans))


def test_blocks_come_in_order():
    plan = small_plan("random", block=64)
    preparer = Preparer(plan)
    users = preparer.traffic.day(0).visits.user
    with processes.preparing(plan, preparer, workers=1) as prepare:
        found = [(own.span.start, own.span.stop) for own in prepare(spans_of(0, users * 0, block=64, every=None))]
    assert found == [(start, min(start + 64, len(users))) for start in range(0, len(users), 64)]
