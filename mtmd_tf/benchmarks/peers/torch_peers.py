"""The peers that run on PyTorch: the model's twins, and torch-rechub's models (paper section 3.4)."""

import importlib.util
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtmd_tf.benchmarks.peers.plain import PlainBatch, PlainModel
from mtmd_tf.benchmarks.peers.process import Step
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


class TorchPeers:
    """What lives in the process of PyTorch, which has as many threads as there are cores.

    Args:
        model: The model whose twins are asked for.
        batches: Batches of requests with all their candidates.
        flat: The same with one request a pair, as multi-domain libraries read them.
    """

    def __init__(self, model: PlainModel, batches: Sequence[PlainBatch], flat: Sequence[PlainBatch]) -> None:
        self._model, self._batches, self._flat = model, batches, flat

    def prepare(self, name: str) -> Step:
        """The training step of a peer, taken once on each batch.

        Raises:
            ConfigError: Its library is missing.
        """
        require(name)
        import torch

        torch.set_num_threads(len(os.sched_getaffinity(0)))
        step = self._made(name)
        for number in range(len(self._batches)):
            step(number)
        return step

    def logits(self, name: str, number: int) -> dict[str, np.ndarray]:
        """`{task: [pairs]}` of a twin on the batch of this number, before any step."""
        import torch

        from mtmd_tf.benchmarks.peers.torch_mtmd import tensors

        with torch.no_grad():
            found = self._twin(name).eval().logits(tensors(self._read_by(name)[number]))
        return {task: logit.numpy() for task, logit in found.items()}

    def _made(self, name: str) -> Step:
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
