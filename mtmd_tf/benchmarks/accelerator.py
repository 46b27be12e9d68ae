"""What a device trains, beside its own matrix products, and what its host reads, core by core (section 3.4)."""

import dataclasses
import itertools
import multiprocessing
import os
import pathlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import tensorflow as tf

from mtmd_tf.benchmarks import training_speed as speed
from mtmd_tf.config import BFLOAT16, FLOAT32, TF32
from mtmd_tf.distribution.prefetch import on_device
from mtmd_tf.execution import Execution, executing
from mtmd_tf.features.reading import DataSet
from mtmd_tf.reporting.page import passage
from tfrecords_tools.quiet import quiet_tensorflow

_SHUFFLED = 2_000  # requests of the shuffle buffer
_PRODUCTS = 8  # in a row, so that little but products is timed


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trained:
    """One way to train.

    Attributes:
        execution: Precision, and whether XLA compiles.
        pairs: Pairs a second.
        flops: FLOPs a second of its matrix products.
        peak: FLOPs a second of large matrix products in the same precision.
    """

    execution: Execution
    pairs: float
    flops: float
    peak: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Read:
    """A pass of shuffled reading.

    Attributes:
        pairs: Pairs a second, by the clock.
        of_processor: Pairs for a second of processor time; on a machine that does nothing else, near `pairs` / cores.
    """

    pairs: float
    of_processor: float


def gpu() -> tf.config.LogicalDevice | None:
    """The GPU that is measured; None where the processor is."""
    found = tf.config.list_logical_devices("GPU")
    return found[0] if found else None


def measure_training(
    folder: pathlib.Path,
    *,
    tasks: Sequence[str],
    rounds: int,
    batch_requests: int,
    compile_too: bool,
    matrix: int,
    sizes: Mapping[str, Any] | None = None,
) -> list[Trained]:
    """Trains a model of the paper's sizes in every precision of the device, in turn with matrix products.

    Args:
        folder: Data set with events of the tasks.
        tasks: Names of the tasks.
        rounds: Times that each is measured.
        batch_requests: Requests of a step.
        compile_too: Whether to measure each with XLA as well.
        matrix: Rows and columns of the large matrices.
        sizes: Other sizes than the paper's, fields of the model's configuration.

    Raises:
        DataError: The data set has one batch alone.
    """
    data, device = speed.open_data(folder, batch_requests=batch_requests), gpu()
    model = speed.paper_sized(data, tasks=tasks, **(sizes or {}))
    batches = speed.learned_batches(data, batch_requests=batch_requests)
    flops = statistics.mean(speed.flops_a_pair(model, batch) for batch in batches)
    if device is not None:
        batches = [on_device(batch, device.name, tokens=True) for batch in batches]
    precisions = (FLOAT32, *((TF32,) if device else ()), BFLOAT16)
    ways = [
        Execution(precision=precision, xla=xla)
        for xla, precision in itertools.product((False, True) if compile_too else (False,), precisions)
    ]
    steps = {str(way): speed.steps_of(model, batches, execution=way) for way in ways}
    for step, number in itertools.product(steps.values(), range(len(batches))):
        step(number)  # XLA compiles for each batch's sizes
    peaks: dict[str, Callable[[int], float]] = {precision: _products(matrix, precision) for precision in precisions}
    times = speed.take_turns({**steps, **peaks}, rounds=rounds, progress="training")
    median = {name: statistics.median(own) for name, own in times.items()}
    return [
        Trained(
            execution=way,
            pairs=1 / median[str(way)],
            flops=flops / median[str(way)],
            peak=2 * matrix**3 / median[way.precision],
        )
        for way in ways
    ]


def measure_reading(folder: pathlib.Path, *, batch_requests: int, cores: Iterable[int] = ()) -> dict[int, Read]:
    """`{cores: how fast}` of shuffled reading as a training reads, each in a process that has these cores alone.

    Args:
        folder: Data set.
        batch_requests: Requests of a batch.
        cores: Numbers of cores; none for 1, 2, 4 and so on, up to all.
    """
    there = len(os.sched_getaffinity(0))
    each = tuple(cores) or tuple(sorted({*(1 << power for power in range(there.bit_length())), there}))
    found = {}
    for count in each:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context, initializer=quiet_tensorflow) as pool:
            found[count] = pool.submit(_read, folder, batch_requests, count).result()
    return found


def shown(trained: Sequence[Trained], read: Mapping[int, Read]) -> str:
    """Both as tables in Markdown."""
    training = [
        (each, "yes" if each.execution.xla else "no", each.flops / 1e12, each.peak / 1e12, each.flops / each.peak)
        for each in trained
    ]
    reading = [(cores, each.pairs, each.pairs / cores, each.of_processor) for cores, each in read.items()]
    return passage(pathlib.Path(__file__).with_suffix(".md"), training=training, reading=reading)


def _products(size: int, precision: str) -> Callable[[int], float]:
    """Times large matrix products: seconds of one."""
    dtype = tf.bfloat16 if precision == BFLOAT16 else tf.float32
    square = tf.cast(tf.random.stateless_normal([size, size], seed=[0, 0], stddev=size**-0.5), dtype)

    def products() -> tf.Tensor:
        rows = square
        for _ in range(_PRODUCTS):
            rows = tf.matmul(rows, square)
        return tf.reduce_max(rows)

    function = tf.function(products, autograph=False)

    def timed(number: int) -> float:
        del number
        with executing(Execution(precision=precision)):
            begun = time.perf_counter()
            function().numpy()
            return (time.perf_counter() - begun) / _PRODUCTS

    timed(0)
    return timed


def _read(folder: pathlib.Path, batch_requests: int, cores: int) -> Read:
    """A whole pass: between batches, those that are parsed ahead would count as free."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])  # before TensorFlow counts them for its threads
    data = DataSet.open(folder)
    order = {"batch_requests": batch_requests, "shuffle_requests": _SHUFFLED}
    for epoch in range(2):  # the first pass traces the parser and brings the files into memory
        begun, worked = time.perf_counter(), time.process_time()
        pairs = sum(batch.request.shape[0] for batch in data.batches("train", epoch=epoch, **order))
    return Read(pairs=pairs / (time.perf_counter() - begun), of_processor=pairs / (time.process_time() - worked))
