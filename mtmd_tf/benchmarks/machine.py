"""The machine's own speed: matrix products in float32 and bfloat16, and reading from memory."""

import multiprocessing
import os
import pathlib
import statistics
from concurrent.futures import ProcessPoolExecutor

import tensorflow as tf

from mtmd_tf.benchmarks.figures import Machine
from mtmd_tf.benchmarks.memory_speed import memory_reader
from mtmd_tf.benchmarks.peers.process import ONEDNN, changed_environment
from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput
from tfrecords_tools.quiet import quiet_tensorflow

_WANTED = ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "sve")


def measure_machine(*, rounds: int = 7, size: int = 2048, memory: int = 1 << 29) -> Machine:
    """Medians; the peaks are the best of TensorFlow's own kernels and oneDNN's, which take some seconds.

    Args:
        rounds: Times that each is measured, in turn.
        size: Rows and columns of the matrices.
        memory: Bytes that are read, many times a cache.
    """
    own = matrix_peaks(rounds=rounds, size=size)
    with (
        changed_environment(ONEDNN),
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=quiet_tensorflow) as pool,
    ):
        other = pool.submit(matrix_peaks, rounds=rounds, size=size).result()
    with memory_reader(memory) as read:
        bandwidth = statistics.median(read() for _ in range(rounds))
    processor, instructions = _processor()
    return Machine(
        processor=processor,
        cores=len(os.sched_getaffinity(0)),
        instructions=instructions,
        float32=max(own["float32"], other["float32"]),
        bfloat16=max(own["bfloat16"], other["bfloat16"]),
        bandwidth=bandwidth,
    )


def matrix_peaks(*, rounds: int, size: int) -> dict[str, float]:
    """`{type: FLOPs a second of a square matrix product}`, medians of rounds in which the types took turns.

    Args:
        rounds: Times that each is measured.
        size: Rows and columns of the matrices.
    """
    found: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    for _ in range(rounds):
        for dtype, each in found.items():
            each.append(matmul_throughput(size=size, dtype=tf.as_dtype(dtype)))
    return {dtype: statistics.median(each) for dtype, each in found.items()}


def _processor() -> tuple[str, tuple[str, ...]]:
    path = pathlib.Path("/proc/cpuinfo")  # Linux alone has it; elsewhere the name is the kind
    lines = [line.partition(":") for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    known = {name.strip(): value.strip() for name, _, value in lines}
    flags = known.get("flags", known.get("Features", "")).split()
    return known.get("model name", os.uname().machine), tuple(name for name in _WANTED if name in flags)
