"""Training beside what people would use instead, in turn on the same rows, and beside the machine (section 3.4)."""

import contextlib
import pathlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from absl import logging

from mtmd_tf.benchmarks import training_speed as speed
from mtmd_tf.benchmarks.figures import Figure
from mtmd_tf.benchmarks.peers import tfrs_two_tower, torch_process
from mtmd_tf.benchmarks.peers.keras_mtmd import NaiveMtmd
from mtmd_tf.benchmarks.peers.plain_batch import flat, plain
from mtmd_tf.benchmarks.peers.plain_weights import plain_model
from mtmd_tf.config import ConfigError
from mtmd_tf.features.batch import Batch
from mtmd_tf.model import TwoTowerModel

OURS, TWIN = "this package", "this package, separate domains"
NAIVE, TUTORIAL = "Keras, all rows", "TFRS tutorial two-tower"
_MACHINE, _READING = "matrix product", "reading"
_TEXT = {"domain_sharing": "none", "moments": "batch"}  # the paper's text, which the peers write
_TARGETS = {NAIVE: 10.0, torch_process.EVERY: 10.0, torch_process.PARTITIONED: 3.0, torch_process.COMPILED: 2.0}
_SMALLER = {  # peers that are other, smaller models: what they are
    torch_process.DSSM: "one network a side, one task, no domains",
    torch_process.MMOE: "4 experts on both sides' fields, no towers, no domains",
    TUTORIAL: "one network a side, in-batch softmax, no domains",
}
_SHARE, _READ_A_CORE = 0.60, 60_000


def measure(
    folder: pathlib.Path,
    *,
    tasks: Sequence[str],
    rounds: int,
    batch_requests: int,
    cores: int,
    sizes: Mapping[str, Any] | None = None,
) -> list[Figure]:
    """All arms, the matrix product and the reader in turn.

    Args:
        folder: Data set with events of the tasks.
        tasks: Names of the tasks.
        rounds: Times that each is measured.
        batch_requests: Requests of a step.
        cores: Cores of the machine.
        sizes: Other sizes than the paper's, fields of the model's configuration.

    Raises:
        DataError: The data set has one batch alone.
    """
    data = speed.open_data(folder, batch_requests=batch_requests)
    batches = speed.learnt_batches(data, batch_requests=batch_requests)
    ours = speed.paper_sized(data, tasks=tasks, **(sizes or {}))
    twin = speed.paper_sized(data, tasks=tasks, **{**(sizes or {}), **_TEXT})
    flops = statistics.mean(speed.flops_a_pair(ours, batch) for batch in batches)
    missing: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        measures = {
            _MACHINE: lambda _: speed.matmul_seconds(),
            _READING: lambda number: speed.seconds_a_pair(data, batch_requests=batch_requests, epoch=number),
            OURS: speed.steps_of(ours, batches),
            **stack.enter_context(_arms(twin, batches, missing=missing)),
        }
        times = speed.take_turns(measures, rounds=rounds, progress="training")
    found = {name: statistics.median(each) for name, each in times.items()}
    return _figures(found, flops=flops, cores=cores, missing=missing)


@contextlib.contextmanager
def _arms(
    twin: TwoTowerModel, batches: Sequence[Batch], *, missing: dict[str, str]
) -> Iterator[dict[str, Callable[[int], float]]]:
    """`{arm: seconds a pair of a step}`; what cannot run here goes into `missing`, with the reason."""
    as_flat = [flat(batch) for batch in batches]
    pairs = [batch.request.shape[0] for batch in batches]
    arms = {
        TWIN: speed.steps_of(twin, batches),
        NAIVE: speed.steps_of(_naive(twin, as_flat[0]), as_flat),
        TUTORIAL: _timed(tfrs_two_tower.training_step(twin, as_flat), pairs),
    }
    both = [[plain(batch) for batch in each] for each in (batches, as_flat)]
    with torch_process.TorchProcess(plain_model(twin), *both) as process:
        for name in torch_process.NEEDED:
            begun = time.perf_counter()
            try:
                process.prepare(name)
            except ConfigError as error:
                missing[name] = str(error)
                logging.warning("left out: %s", error)
            else:
                logging.info("%s is ready after %.0f s", name, time.perf_counter() - begun)
                arms[name] = _from(process, name, pairs)
        yield arms


def _naive(twin: TwoTowerModel, batch: Batch) -> NaiveMtmd:
    naive = NaiveMtmd(twin)
    naive.compute_loss(batch)  # makes its variables
    return naive


def _timed(step: Callable[[int], None], pairs: Sequence[int]) -> Callable[[int], float]:
    step(0)

    def take(number: int) -> float:
        begun = time.perf_counter()
        step(number)
        return (time.perf_counter() - begun) / pairs[number % len(pairs)]

    return take


def _from(process: torch_process.TorchProcess, name: str, pairs: Sequence[int]) -> Callable[[int], float]:
    return lambda number: process.step(name, number)[0] / pairs[number % len(pairs)]


def _figures(seconds: dict[str, float], *, flops: float, cores: int, missing: dict[str, str]) -> list[Figure]:
    peak, trained = speed.matmul_flops() / seconds[_MACHINE], 1 / seconds[OURS]
    share = 100 * flops * trained / peak
    found = [
        Figure(name="training", value=trained, unit="pairs/s", note=f"{flops / 1e6:.1f} MFLOP a pair, float32"),
        Figure(name="training, share of the matrix peak", value=share, unit="%", target=100 * _SHARE),
        Figure(name="training with separate domains", value=1 / seconds[TWIN], unit="pairs/s", note="as the peers"),
    ]
    for name, target in _TARGETS.items():
        value = seconds[name] / seconds[TWIN] if name in seconds else None
        note = f"{1 / seconds[name]:,.0f} pairs/s" if name in seconds else missing[name]
        found.append(Figure(name=f"training / {name}", value=value, unit="times", target=target, note=note))
    for name, what in _SMALLER.items():
        value = seconds[name] / seconds[OURS] if name in seconds else None
        note = f"{1 / seconds[name]:,.0f} pairs/s; {what}" if name in seconds else missing[name]
        found.append(Figure(name=f"training / {name}", value=value, unit="times", note=note))
    read = 1 / seconds[_READING] / cores
    found.append(Figure(name="reading, a core", value=read, unit="pairs/s", target=_READ_A_CORE, note="shuffled"))
    return found
