import os

from mtmd_tf.benchmarks.machine import measure_machine


def test_the_machine_is_measured_and_named() -> None:
    before = dict(os.environ)
    machine = measure_machine(rounds=1, size=64, memory=1 << 20)
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.processor
    assert min(machine.float32, machine.bfloat16, machine.bandwidth) > 0
    assert dict(os.environ) == before
