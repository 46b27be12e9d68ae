"""Training beside what people would use instead, in turn on the same rows, and beside the machine (section 3.4)."""

import pathlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import logging

from mtmd_tf.benchmarks import training_speed as speed
from mtmd_tf.benchmarks.figures import Figure
from mtmd_tf.benchmarks.peers import keras_peers, torch_peers
from mtmd_tf.benchmarks.peers.plain_batch import flat, plain
from mtmd_tf.benchmarks.peers.plain_weights import plain_model
from mtmd_tf.benchmarks.peers.process import ONEDNN, PeerProcess
from mtmd_tf.config import ConfigError

OURS, TWIN = "this package", "this package, separate domains"
_MACHINE, _ONEDNN, _READING = "matrix product", "matrix product by oneDNN", "reading"
_TEXT = {"domain_sharing": "none", "moments": "batch"}  # the paper's text, which the peers write
_TARGETS = {
    keras_peers.ALL_ROWS: 10.0,
    torch_peers.EVERY: 10.0,
    torch_peers.PARTITIONED: 3.0,
    torch_peers.COMPILED: 2.0,
}
_SMALLER = {  # peers that are other, smaller models: what they are
    torch_peers.DSSM: "one network a side, one task, no domains",
    torch_peers.MMOE: "4 experts on both sides' fields, no towers, no domains",
    keras_peers.TUTORIAL: "one network a side, in-batch softmax, no domains",
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
    batches = speed.learned_batches(data, batch_requests=batch_requests)
    ours = speed.paper_sized(data, tasks=tasks, **(sizes or {}))
    twin = speed.paper_sized(data, tasks=tasks, **{**(sizes or {}), **_TEXT})
    flops = statistics.mean(speed.flops_a_pair(ours, batch) for batch in batches)
    missing: dict[str, str] = {}
    plain_batches = [[plain(each(batch)) for batch in batches] for each in (lambda batch: batch, flat)]
    told = (folder, tuple(tasks), batch_requests, {**(sizes or {}), **_TEXT})
    with (
        PeerProcess(keras_peers.KerasPeers, *told, environment=ONEDNN) as keras,
        PeerProcess(torch_peers.TorchPeers, plain_model(twin), *plain_batches) as torch,
    ):
        keras.prepare(keras_peers.PRODUCT)
        pairs = [batch.request.shape[0] for batch in batches]
        measures = {
            _MACHINE: lambda _: speed.matmul_seconds(),
            _ONEDNN: lambda number: keras.step(keras_peers.PRODUCT, number)[0],
            _READING: lambda number: speed.seconds_a_pair(data, batch_requests=batch_requests, epoch=number),
            OURS: speed.steps_of(ours, batches),
            TWIN: speed.steps_of(twin, batches),
            **_peers({keras: keras_peers.NAMES, torch: tuple(torch_peers.NEEDED)}, pairs, missing),
        }
        times = speed.take_turns(measures, rounds=rounds, progress="training")
    found = {name: statistics.median(each) for name, each in times.items()}
    return _figures(found, flops=flops, cores=cores, missing=missing)


def _peers(
    processes: Mapping[PeerProcess, Sequence[str]], pairs: Sequence[int], missing: dict[str, str]
) -> dict[str, Callable[[int], float]]:
    """`{peer: seconds a pair of a step}`; what cannot run here goes into `missing`, with the reason."""
    arms = {}
    for process, names in processes.items():
        for name in names:
            begun = time.perf_counter()
            try:
                process.prepare(name)
            except ConfigError as error:
                missing[name] = str(error)
                logging.warning("left out: %s", error)
            else:
                logging.info("%s is ready after %.0f s", name, time.perf_counter() - begun)
                arms[name] = _from(process, name, pairs)
    return arms


def _from(process: PeerProcess, name: str, pairs: Sequence[int]) -> Callable[[int], float]:
    return lambda number: process.step(name, number)[0] / pairs[number % len(pairs)]


def _figures(seconds: dict[str, float], *, flops: float, cores: int, missing: dict[str, str]) -> list[Figure]:
    peak, trained = speed.matmul_flops() / min(seconds[_MACHINE], seconds[_ONEDNN]), 1 / seconds[OURS]
    share = 100 * flops * trained / peak
    found = [
        Figure(name="training", value=trained, unit="pairs/s", note=f"{flops / 1e6:.1f} MFLOP a pair, float32"),
        Figure(
            name="training, share of the matrix peak",
            value=share,
            unit="%",
            target=100 * _SHARE,
            note=f"{flops * trained / 1e9:,.0f} of {peak / 1e9:,.0f} GFLOP/s",
        ),
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
