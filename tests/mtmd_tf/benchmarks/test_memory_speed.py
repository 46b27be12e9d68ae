"""Tests of mtmd_tf/benchmarks/memory_speed.py; a speed only has to be one."""

from mtmd_tf.benchmarks.memory_speed import memory_reader


def test_it_reads_again_and_again_faster_than_a_disk_and_slower_than_a_cache() -> None:
    with memory_reader(1 << 22) as read:
        assert all(1e7 < read() < 1e13 for _ in range(3))
