"""PyTorch's peers in a process of their own: its libraries and TensorFlow's do not load into one."""

import importlib.util
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from mtmd_tf.benchmarks.peers.plain import PlainBatch, PlainModel
from mtmd_tf.config import ConfigError

EVERY, PARTITIONED, COMPILED = "torch, all rows", "torch, partitioned", "torch, partitioned, compiled"
DSSM, MMOE = "torch-rechub DSSM", "torch-rechub MMoE"
NEEDED = {EVERY: "torch", PARTITIONED: "torch", COMPILED: "torch", DSSM: "torch_rechub", MMOE: "torch_rechub"}
_INSTALL = "pip install -e '.[bench]'"


def require(name: str) -> None:
    """Refuses a peer whose library is not here.

    Raises:
        ConfigError: It says how to install the library.
    """
    package = NEEDED[name]
    if importlib.util.find_spec(package) is None:
        raise ConfigError(f"{name} needs the package {package}, which the model itself does not: {_INSTALL}")


class TorchProcess:
    """The process, to be used in a `with` statement.

    Args:
        model: The model whose twins are asked for.
        batches: Batches of requests with all their candidates.
        flat: The same with one request a pair, as multi-domain libraries read them.

    """

    def __init__(
        self,
        model: PlainModel,
        batches: Sequence[PlainBatch],
        flat: Sequence[PlainBatch],
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._own, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, model, batches, flat), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> "TorchProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        self._process.join(timeout=10)
        self._process.kill()

    def prepare(self, name: str) -> None:
        """Makes a peer and takes a step on every batch.

        Raises:
            ConfigError: Its library is missing, or it cannot run here; one line says why.
        """
        require(name)
        self._ask("prepare", name)

    def step(self, name: str, number: int) -> tuple[float, float]:
        """Seconds of a training step on the batch of this number, and the loss before it."""
        return self._ask("step", name, number)

    def logits(self, name: str, number: int) -> dict[str, np.ndarray]:
        """`{task: [pairs]}` of a twin in evaluation, before any step."""
        require(name)
        return self._ask("logits", name, number)

    def _ask(self, *words: Any) -> Any:
        try:
            self._own.send(words)
            answer = self._own.recv()
        except (EOFError, OSError) as error:
            raise ConfigError(f"the process of PyTorch ended while it was asked for {words[:2]}") from error
        if isinstance(answer, ConfigError):
            raise answer
        return answer


class _Peers:
    """What the process holds."""

    def __init__(self, model: PlainModel, batches: Sequence[PlainBatch], flat: Sequence[PlainBatch]) -> None:
        self._model, self._batches, self._flat = model, batches, flat
        self._steps: dict[str, Callable[[int], float]] = {}

    def prepare(self, name: str) -> None:
        self._steps[name] = self._made(name)
        for number in range(len(self._batches)):
            self._steps[name](number)

    def step(self, name: str, number: int) -> tuple[float, float]:
        begun = time.perf_counter()
        loss = self._steps[name](number)
        return time.perf_counter() - begun, loss

    def logits(self, name: str, number: int) -> dict[str, np.ndarray]:
        import torch

        from mtmd_tf.benchmarks.peers.torch_mtmd import tensors

        with torch.no_grad():
            found = self._twin(name).eval().logits(tensors(self._read_by(name)[number]))
        return {task: logit.numpy() for task, logit in found.items()}

    def _made(self, name: str) -> Callable[[int], float]:
        if name in (DSSM, MMOE):
            from mtmd_tf.benchmarks.peers import rechub

            return rechub.training_step("dssm" if name == DSSM else "mmoe", self._model, self._flat)
        from mtmd_tf.benchmarks.peers import torch_training

        model = self._twin(name)
        if name == COMPILED:
            model = torch_training.compiled(model)
        return torch_training.training_step(model, self._read_by(name))

    def _twin(self, name: str) -> Any:
        from mtmd_tf.benchmarks.peers.torch_mtmd import Mtmd

        return Mtmd(self._model, partitioned=name != EVERY)

    def _read_by(self, name: str) -> Sequence[PlainBatch]:
        return self._flat if name == EVERY else self._batches


def _serve(connection: Connection, *data: Any) -> None:
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    peers = _Peers(*data)
    while True:
        try:
            kind, *words = connection.recv()
        except EOFError:
            return
        try:
            connection.send(getattr(peers, kind)(*words))
        except Exception as error:  # noqa: BLE001  torch.compile alone raises a dozen kinds, from a missing compiler on
            lines = str(error).strip().splitlines() or [""]
            connection.send(ConfigError(f"{words[0]} does not run here: {type(error).__name__}: {lines[0]:.200}"))
