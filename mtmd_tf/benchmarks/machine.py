"""The machine's own speed: matrix products in float32 and bfloat16, and reading from memory."""

import os
import pathlib
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from mtmd_tf.benchmarks.figures import Machine
from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput

_WANTED = ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "asimd", "sve")
_MATRIX = 2048
_READ = 1 << 29  # bytes: many times a cache


def measure_machine(*, rounds: int = 7) -> Machine:
    """Medians of rounds in which the three measures take turns: about a second each."""
    products: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    memory, threads, reads = np.ones(_READ // 8, np.int64), len(os.sched_getaffinity(0)), []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            for dtype, found in products.items():
                found.append(matmul_throughput(size=_MATRIX, dtype=tf.as_dtype(dtype)))
            begun = time.perf_counter()
            list(pool.map(np.sum, np.array_split(memory, 4 * threads)))
            reads.append(memory.nbytes / (time.perf_counter() - begun))
    processor, instructions = _processor()
    return Machine(
        processor=processor,
        cores=threads,
        instructions=instructions,
        float32=statistics.median(products["float32"]),
        bfloat16=statistics.median(products["bfloat16"]),
        bandwidth=statistics.median(reads),
    )


def _processor() -> tuple[str, tuple[str, ...]]:
    path = pathlib.Path("/proc/cpuinfo")  # Linux alone has it; elsewhere the name is the kind
    lines = [line.partition(":") for line in path.read_text().splitlines()] if path.exists() else []
    known = {name.strip(): value.strip() for name, _, value in lines}
    flags = known.get("flags", known.get("Features", "")).split()
    return known.get("model name", os.uname().machine), tuple(name for name in _WANTED if name in flags)
