"""How fast a model of the paper's sizes trains and its data is read, next to the machine's matrix products."""

import dataclasses
import pathlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput
from mtmd_tf.sharing import served
from mtmd_tf.training.optimizers import SplitOptimizer
from tfrecords_tools.requests import DataError

_MATRIX = 2048  # rows and columns of the product that says what the machine reaches
_BATCHES = 4  # different ones, in turn


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingSpeed:
    """Medians over rounds in which all measures took turns.

    Attributes:
        throughput: FLOPs a second of a large float32 matrix product.
        flops: FLOPs of the matrix products of one training step, for each pair.
        trained: Pairs a second of training steps.
        read: Pairs a second of the shuffled reader.
        rounds: Number of rounds.
    """

    throughput: float
    flops: float
    trained: float
    read: float
    rounds: int


def measure_training(
    folder: str | pathlib.Path, *, tasks: Sequence[str], rounds: int, batch_requests: int
) -> TrainingSpeed:
    """Trains a model of the paper's sizes for some steps and reads its data, in turn.

    Args:
        folder: Data set with events of the tasks.
        tasks: Names of the tasks.
        rounds: Times that each measure is taken.
        batch_requests: Requests of a step.

    Raises:
        DataError: The data set has one batch alone.
    """
    data = DataSet.open(folder)
    if data.batch_count("train", batch_requests=batch_requests) < 2:  # reading is timed from the first to the last
        raise DataError(
            f"{folder} has one batch of {batch_requests:,} requests to train on, and speed needs two: lower "
            "--batch_requests or raise --requests"
        )
    model = TwoTowerModel(data.schema, config=ModelConfig(tasks=tuple(tasks)))
    model.make_variables()
    reads: dict[str, Any] = {"batch_requests": batch_requests, "shuffle_requests": 2_000}
    # The speed of a step does not depend on what it learns: events stand in for the heavyweight ranker's labels.
    batches = [batch._replace(label=batch.event) for batch in data.batches("train", take=_BATCHES, **reads)]
    run_step = _training_step(model, batches[0])
    run_step(batches[0])
    matmul_throughput(size=_MATRIX)
    throughput, train, read = [], [], []
    for number in range(rounds):
        batch = batches[number % len(batches)]
        throughput.append(matmul_throughput(size=_MATRIX))
        begun = time.perf_counter()
        run_step(batch).numpy()
        train.append((time.perf_counter() - begun) / batch.request.shape[0])
        read.append(_seconds_a_pair(data.batches("train", epoch=number, **reads)))
    return TrainingSpeed(
        throughput=statistics.median(throughput),
        flops=statistics.mean(_flops_a_pair(model, batch) for batch in batches),
        trained=1 / statistics.median(train),
        read=1 / statistics.median(read),
        rounds=rounds,
    )


def _training_step(model: TwoTowerModel, like: Batch) -> Callable[[Batch], tf.Tensor]:
    optimizer = SplitOptimizer(TrainConfig(), total_steps=1000)

    def step(batch: Batch) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, training=True)
        return optimizer.minimize(loss, tape, tables=model.embedding_variables, dense=model.dense_variables)

    return tf.function(step, input_signature=[batch_spec(like)], autograph=False)


def _flops_a_pair(model: TwoTowerModel, batch: Batch) -> float:
    """FLOPs of the matrix products of one training step, for each pair: 6 for each weight and row."""
    total = 0
    for tower, domain in ((model.query_tower, batch.surface.numpy()), (model.item_tower, batch.product.numpy())):
        total += _kernel_sizes(tower.domain_shared) * len(domain)
        total += sum(_kernel_sizes(tower.experts[name]) * (domain == i).sum() for i, name in enumerate(tower.domains))
    return 6 * total / batch.request.shape[0]


def _kernel_sizes(layer: tf.Module) -> int:
    return sum(size for name, size in served(layer) if "kernel" in name)


def _seconds_a_pair(batches: Iterator[Batch]) -> float:
    """From the first batch to the last."""
    next(batches)
    begun, pairs = time.perf_counter(), 0
    for batch in batches:
        pairs += batch.request.shape[0]
    return (time.perf_counter() - begun) / pairs
