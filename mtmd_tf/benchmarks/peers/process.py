"""Peers in a process of their own: their settings are not ours, and some do not load beside TensorFlow."""

import contextlib
import importlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError
from tfrecords_tools.quiet import quiet_tensorflow

ONEDNN: Mapping[str, str] = {
    "TF_ENABLE_ONEDNN_OPTS": "1"
}  # TensorFlow as others run it; ours has it off, docs/adr/0003
Step = Callable[[int], float]  # takes the training step of a number, and gives the loss before it


class PeerProcess:
    """The process, to be used in a `with` statement.

    Args:
        peers: Class of what lives there: `prepare(name)` gives a `Step`, `logits(name, number)` is for tests.
        arguments: Arguments of the class.
        environment: Variables that differ from ours there.
    """

    def __init__(self, peers: type, *arguments: Any, environment: Mapping[str, str] | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._own, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, peers.__module__, peers.__name__, arguments), daemon=True
        )
        with changed_environment(environment or {}):
            self._process.start()
        theirs.close()

    def __enter__(self) -> "PeerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        self._process.join(timeout=10)
        self._process.kill()

    def prepare(self, name: str) -> None:
        """Makes a peer and takes its first steps.

        Raises:
            ConfigError: Its library is missing, or it cannot run here; one line says why.
        """
        self._ask("prepare", name)

    def step(self, name: str, number: int) -> tuple[float, float]:
        """Seconds of a training step on the batch of this number, and the loss before it."""
        return self._ask("step", name, number)

    def logits(self, name: str, number: int) -> dict[str, np.ndarray]:
        """`{task: [pairs]}` of a peer in evaluation, before any step."""
        return self._ask("logits", name, number)

    def _ask(self, *words: Any) -> Any:
        try:
            self._own.send(words)
            answer = self._own.recv()
        except (EOFError, OSError) as error:
            raise ConfigError(f"{words[1]} does not run here: its process ended before it answered") from error
        if isinstance(answer, ConfigError):
            raise answer
        return answer


@contextlib.contextmanager
def changed_environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for the processes that start in the block."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Served:
    """Times the steps of what is asked for."""

    def __init__(self, peers: Any) -> None:
        self._peers, self._steps = peers, dict[str, Step]()

    def prepare(self, name: str) -> None:
        self._steps[name] = self._peers.prepare(name)

    def step(self, name: str, number: int) -> tuple[float, float]:
        begun = time.perf_counter()
        loss = self._steps[name](number)
        return time.perf_counter() - begun, loss

    def logits(self, name: str, number: int) -> dict[str, np.ndarray]:
        return self._peers.logits(name, number)


def _serve(connection: Connection, module: str, peers: str, arguments: tuple) -> None:
    quiet_tensorflow()  # before the class, by its name, brings TensorFlow
    served = _Served(getattr(importlib.import_module(module), peers)(*arguments))
    while True:
        try:
            kind, *words = connection.recv()
        except EOFError:
            return
        try:
            connection.send(getattr(served, kind)(*words))
        except ConfigError as error:
            connection.send(error)
        except Exception as error:  # noqa: BLE001  torch.compile alone raises a dozen kinds, from a missing compiler on
            first = (str(error).strip().splitlines() or [""])[0]
            connection.send(ConfigError(f"{words[0]} does not run here: {type(error).__name__}: {first:.200}"))
