"""The peers that run on Keras and TFRS, with TensorFlow's own settings: oneDNN's kernels are on, as users have them."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from mtmd_tf.benchmarks import training_speed as speed
from mtmd_tf.benchmarks.peers import tfrs_two_tower
from mtmd_tf.benchmarks.peers.keras_mtmd import KerasMtmd
from mtmd_tf.benchmarks.peers.plain_batch import flat
from mtmd_tf.benchmarks.peers.process import Step

ALL_ROWS, TUTORIAL = "Keras, all rows", "TFRS tutorial two-tower"
NAMES = (ALL_ROWS, TUTORIAL)
PRODUCT = "matrix product"  # no peer: the machine's peak by oneDNN


class KerasPeers:
    """What lives in the process of Keras: it reads the batches that the others have.

    Args:
        folder: Data set with events of the tasks.
        tasks: Names of the tasks.
        batch_requests: Requests of a step.
        settings: Settings of the model whose twins are asked for.
    """

    def __init__(
        self, folder: pathlib.Path, tasks: Sequence[str], batch_requests: int, settings: Mapping[str, Any]
    ) -> None:
        data = speed.open_data(folder, batch_requests=batch_requests)
        self._model = speed.paper_sized(data, tasks=tasks, **settings)
        self._batches = [flat(batch) for batch in speed.learned_batches(data, batch_requests=batch_requests)]

    def prepare(self, name: str) -> Step:
        """The training step of a peer, or a large matrix product, taken once."""
        if name == PRODUCT:
            speed.matmul_seconds()
            return lambda _: speed.matmul_seconds()
        if name == TUTORIAL:
            take = tfrs_two_tower.training_step(self._model, self._batches)
        else:
            plain = KerasMtmd(self._model)
            plain.compute_loss(self._batches[0])  # makes its variables
            run, batches = speed.training_step(plain, self._batches[0]), self._batches

            def take(number: int) -> Any:
                return run(batches[number % len(batches)]).numpy()

        take(0)
        return lambda number: float(take(number))
