"""Which precision this machine gains by, by a probe of a second (docs/adr/0043)."""

import pathlib
import statistics
import time
from collections.abc import Callable

import tensorflow as tf

from mtmd_tf import config as configs
from mtmd_tf.blocks import FeedForward
from mtmd_tf.config import BFLOAT16, FLOAT32, PRECISIONS, TF32, TrainConfig
from mtmd_tf.execution import Execution, executing

LEAST_GAIN = 1.1  # below which float32 is taken: a probe of a second is no surer than that
_COPIES, _UNITS, _INPUTS, _ROWS = ("a", "b", "c", "d"), (512, 256, 128, 128), 512, 512


def settled(asked: str, *, config: pathlib.Path | None) -> tuple[str, dict[str, str]]:
    """The precision of a run, and `{"precision": why}` where it was not asked for by name.

    Args:
        asked: One of `PRECISIONS`, or anything else for what the machine gains by.
        config: Settings file of a run that may resume, which keeps its precision; None for none.
    """
    if asked in PRECISIONS:
        return asked, {}
    if config is not None and config.exists():
        return configs.load(config, "train", TrainConfig).precision, {"precision": "as the run began"}
    precision, why = choose(probe())
    return precision, {"precision": why}


def probe(*, seconds: float = 1.0) -> dict[str, float]:
    """`{precision: how many times as fast as float32}` of one domain's deep experts, a step forward and back.

    The precisions take turns, on as many rows as never before: the rows of a domain differ from step to step.

    Args:
        seconds: Time to spend, once everything is traced.
    """
    gpu = bool(tf.config.get_visible_devices("GPU"))
    steps = {precision: _step(precision) for precision in (FLOAT32, *((TF32,) if gpu else ()), BFLOAT16)}
    times: dict[str, list[float]] = {precision: [] for precision in steps}
    begun, rows = time.perf_counter(), _ROWS
    while time.perf_counter() - begun < seconds or len(times[FLOAT32]) < 2:
        rows += 1
        for precision, step in steps.items():
            times[precision].append(step(rows))
    median = {precision: statistics.median(own) for precision, own in times.items()}
    return {precision: median[FLOAT32] / own for precision, own in median.items()}


def choose(gains: dict[str, float]) -> tuple[str, str]:
    """The precision to train in, and why.

    Args:
        gains: What `probe` found.
    """
    best = max(gains, key=lambda precision: gains[precision])
    told = ", ".join(f"{precision} {gain:.2f}" for precision, gain in gains.items() if precision != FLOAT32)
    if gains[best] < LEAST_GAIN:
        return FLOAT32, f"no other is {LEAST_GAIN:g} times as fast here: {told} times"
    return best, f"the fastest here: {told} times as fast as {FLOAT32}"


def _step(precision: str) -> Callable[[int], float]:
    network = FeedForward(_COPIES, units=_UNITS)
    network(tf.zeros([0, _INPUTS]))

    def gradients(rows: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            output = tf.reduce_mean(tf.square(network(rows)))
        return tf.linalg.global_norm(tape.gradient(output, network.trainable_variables))

    function = tf.function(gradients, input_signature=[tf.TensorSpec([None, _INPUTS])], autograph=False)

    def timed(count: int) -> float:
        rows = tf.random.stateless_normal([count, _INPUTS], [count, 0])
        with executing(Execution(precision=precision)):
            begun = time.perf_counter()
            function(rows).numpy()
            return time.perf_counter() - begun

    timed(1)
    return timed
