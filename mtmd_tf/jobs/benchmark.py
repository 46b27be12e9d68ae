"""Measures training and reading at paper size against the machine's own speed: `python -m mtmd_tf.jobs.benchmark`."""

import pathlib
import statistics
import subprocess
import sys
import time

from absl import flags

from mtmd_tf.jobs import settings
from tfrecords_tools import parents

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)

_DATA = flags.DEFINE_string(
    "data", "data/benchmark", "data set of 12 candidates a request; built where it is missing", flag_values=FLAGS
)
_REQUESTS = flags.DEFINE_integer(
    "requests", 20_000, "requests of the data set, where it is built", lower_bound=500, flag_values=FLAGS
)
_ROUNDS = flags.DEFINE_integer(
    "rounds", 12, "times that each measure is taken, in turn", lower_bound=3, flag_values=FLAGS
)
_BATCH = flags.DEFINE_integer(
    "batch_requests", 342, "requests a step; 342 x 12 is 4,104 pairs", lower_bound=1, flag_values=FLAGS
)

_TASKS = ("ctr", "gctr", "octr")
_MATRIX = 2048


def main(argv: list[str]) -> None:
    """Builds the data where it is missing, measures in turn, prints medians and ratios."""
    del argv
    folder = pathlib.Path(_DATA.value)
    if not (folder / "manifest.json").exists():
        build = ["build", "adworld", f"--out={folder}", f"--requests={_REQUESTS.value}", "--seed=1", "--candidates=12"]
        subprocess.run([sys.executable, "-m", "tfrecords_tools", *build], env=parents.environment(), check=True)

    import tensorflow as tf

    from mtmd_tf.config import ModelConfig, TrainConfig
    from mtmd_tf.features.batch import batch_spec
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.model import TwoTowerModel
    from mtmd_tf.serving.embedding.matmul_throughput import matmul_throughput
    from mtmd_tf.training.optimizers import SplitOptimizer

    data = DataSet.open(folder)
    model = TwoTowerModel(data.schema, config=ModelConfig(tasks=_TASKS))
    model.make_variables()
    optimizer = SplitOptimizer(TrainConfig(), total_steps=1000)
    reads = {"batch_requests": _BATCH.value, "shuffle_requests": 2_000}
    # The speed of a step does not depend on what it learns: events stand in for the heavyweight ranker's labels.
    batches = [batch._replace(label=batch.event) for batch in data.batches("train", take=4, **reads)]

    def step(batch):
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, training=True)
        return optimizer.minimize(loss, tape, tables=model.embedding_variables, dense=model.dense_variables)

    run_step = tf.function(step, input_signature=[batch_spec(batches[0])], autograph=False)
    run_step(batches[0])
    matmul_throughput(size=_MATRIX)
    peaks: list[float] = []
    seconds: dict[str, list[float]] = {"train": [], "read": []}
    for number in range(_ROUNDS.value):
        batch = batches[number % len(batches)]
        peaks.append(matmul_throughput(size=_MATRIX))
        seconds["train"].append(_timed(lambda batch=batch: run_step(batch).numpy()) / batch.request.shape[0])
        seconds["read"].append(_read(data.batches("train", epoch=number, **reads)))
    _report(
        seconds, peak=statistics.median(peaks), flops=statistics.mean(_matrix_flops(model, batch) for batch in batches)
    )


def _report(seconds: dict[str, list[float]], *, peak: float, flops: float) -> None:
    train, read = 1 / statistics.median(seconds["train"]), 1 / statistics.median(seconds["read"])
    print(f"matrix product, the machine    {peak / 1e9:>10,.0f} GFLOP/s, float32")
    print(f"matrix products in training    {flops * train / 1e9:>10,.0f} GFLOP/s, {flops / 1e6:.1f} MFLOP a pair")
    print(f"share of the machine's peak    {flops * train / peak:>10.0%}")
    print(f"training                       {train:>10,.0f} pairs/s, median of {len(seconds['train'])} steps, float32")
    print(f"reading                        {read:>10,.0f} pairs/s, shuffled")
    print(f"reading / training             {read / train:>10.1f}")


def _matrix_flops(model, batch) -> float:
    """Floating-point operations of the matrix products of one training step, per pair: 6 per weight and row."""
    total = 0
    for tower, domain in ((model.query_tower, batch.surface.numpy()), (model.item_tower, batch.product.numpy())):
        total += _kernel_sizes(tower.domain_shared) * len(domain)
        total += sum(_kernel_sizes(tower.experts[name]) * (domain == i).sum() for i, name in enumerate(tower.domains))
    return 6 * total / batch.request.shape[0]


def _kernel_sizes(layer) -> int:
    from mtmd_tf.sharing import served

    return sum(size for name, size in served(layer) if "kernel" in name)


def _read(batches) -> float:
    """Seconds a pair, from the first batch to the last."""
    next(batches)
    begun, pairs = time.perf_counter(), 0
    for batch in batches:
        pairs += batch.request.shape[0]
    return (time.perf_counter() - begun) / pairs


def _timed(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    settings.run(main, FLAGS)
