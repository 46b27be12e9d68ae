"""How fast a model of the paper's sizes trains and its data is read, next to the machine's matrix products."""

import dataclasses
import pathlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.execution import Execution, executing
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput
from mtmd_tf.sharing import served
from mtmd_tf.training.optimizers import SplitOptimizer, dense_variables
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import DataError

_MATRIX = 2048  # rows and columns of the product that says what the machine reaches
_STEP = Execution(in_blocks=True)  # as `fit` takes it
_BATCHES = 4  # different ones, in turn
_SHUFFLED = 2_000  # requests of the shuffle buffer


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
    data = open_data(folder, batch_requests=batch_requests)
    model = paper_sized(data, tasks=tasks)
    batches = learned_batches(data, batch_requests=batch_requests)
    times = take_turns(
        {
            "throughput": lambda _: matmul_seconds(),
            "train": steps_of(model, batches),
            "read": lambda number: seconds_a_pair(data, batch_requests=batch_requests, epoch=number),
        },
        rounds=rounds,
    )
    return TrainingSpeed(
        throughput=matmul_flops() / statistics.median(times["throughput"]),
        flops=statistics.mean(flops_a_pair(model, batch) for batch in batches),
        trained=1 / statistics.median(times["train"]),
        read=1 / statistics.median(times["read"]),
        rounds=rounds,
    )


def take_turns(
    measures: Mapping[str, Callable[[int], float]], *, rounds: int, progress: str = ""
) -> dict[str, list[float]]:
    """Takes each measure once a round, so that what else the machine does hits all alike.

    Args:
        measures: `{name: the number of the round to a time}`.
        rounds: Number of rounds.
        progress: Title of a bar; empty for none.

    Returns:
        `{name: [rounds] times}`.
    """
    times: dict[str, list[float]] = {name: [] for name in measures}
    turns = [(number, name) for number in range(rounds) for name in measures]
    for number, name in progress_bar(turns, desc=progress, unit=" turns", disable=not progress):
        times[name].append(measures[name](number))
    return times


def open_data(folder: str | pathlib.Path, *, batch_requests: int) -> DataSet:
    """The data set to measure on.

    Raises:
        DataError: The data set has one batch alone.
    """
    data = DataSet.open(folder)
    if data.batch_count("train", batch_requests=batch_requests) < 2:  # reading is timed from the first to the last
        raise DataError(
            f"{folder} has one batch of {batch_requests:,} requests to train on, and speed needs two: lower "
            "--batch_requests or raise --requests"
        )
    return data


def paper_sized(data: DataSet, *, tasks: Sequence[str], **settings: Any) -> TwoTowerModel:
    """A model of the paper's sizes with its variables made; `settings` are fields of its configuration."""
    model = TwoTowerModel(data.schema, config=ModelConfig(tasks=tuple(tasks), **settings))
    model.make_variables()
    return model


def learned_batches(data: DataSet, *, batch_requests: int) -> list[Batch]:
    """Some shuffled batches to train on in turn.

    The speed of a step does not depend on what it learns: events stand in for the heavyweight ranker's labels.
    """
    read = data.batches("train", take=_BATCHES, batch_requests=batch_requests, shuffle_requests=_SHUFFLED)
    return [batch._replace(label=batch.event) for batch in read]


def steps_of(model: Any, batches: Sequence[Batch], *, execution: Execution = _STEP) -> Callable[[int], float]:
    """Takes the training step of a number and gives its seconds for each pair; one step is taken here.

    Args:
        model: Has `compute_loss(batch, training)`, `embedding_variables` and `trainable_variables`, all made.
        batches: Batches in turn.
        execution: Precision of the step, and whether XLA compiles it.
    """
    run_step = training_step(model, batches[0])
    with executing(execution):
        run_step(batches[0])

    def take(number: int) -> float:
        batch = batches[number % len(batches)]
        begun = time.perf_counter()
        with executing(execution):
            run_step(batch).numpy()
        return (time.perf_counter() - begun) / batch.request.shape[0]

    return take


def matmul_flops() -> int:
    """FLOPs of the product of `matmul_seconds`."""
    return 2 * _MATRIX**3


def matmul_seconds() -> float:
    """Seconds of a large float32 matrix product."""
    return matmul_flops() / matmul_throughput(size=_MATRIX)


def training_step(model: Any, like: Batch) -> Callable[[Batch], tf.Tensor]:
    """A function that takes a step on a batch and gives the norm of its gradients, `[]`.

    Args:
        model: Has `compute_loss(batch, training)`, `embedding_variables` and `trainable_variables`, all made.
        like: Batch of the same type.
    """
    optimizer = SplitOptimizer(TrainConfig(), total_steps=1000)

    def step(batch: Batch) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, training=True)
        return optimizer.minimize(loss, tape, tables=model.embedding_variables, dense=dense_variables(model))

    return tf.function(step, input_signature=[batch_spec(like)], autograph=False)


def flops_a_pair(model: TwoTowerModel, batch: Batch) -> float:
    """FLOPs of the matrix products of one training step, for each pair: 6 for each weight and row."""
    total = 0
    for tower, domain in ((model.query_tower, batch.surface.numpy()), (model.item_tower, batch.product.numpy())):
        total += _kernel_sizes(tower.domain_shared) * len(domain)
        total += sum(_kernel_sizes(tower.experts[name]) * (domain == i).sum() for i, name in enumerate(tower.domains))
    return 6 * total / batch.request.shape[0]


def _kernel_sizes(layer: tf.Module) -> int:
    return sum(size for name, size in served(layer) if "kernel" in name)


def seconds_a_pair(data: DataSet, *, batch_requests: int, epoch: int) -> float:
    """Of shuffled reading, from the first batch to the last."""
    batches = data.batches("train", epoch=epoch, batch_requests=batch_requests, shuffle_requests=_SHUFFLED)
    next(batches)
    begun, pairs = time.perf_counter(), 0
    for batch in batches:
        pairs += batch.request.shape[0]
    return (time.perf_counter() - begun) / pairs
