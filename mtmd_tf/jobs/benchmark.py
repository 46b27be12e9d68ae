"""Measures training and reading at paper size against the machine's own speed: `python -m mtmd_tf.jobs.benchmark`."""

from absl import flags

from mtmd_tf.benchmarks.data import require_data
from mtmd_tf.jobs import settings

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


def main(argv: list[str]) -> None:
    """Builds the data where it is missing, measures in turn, prints medians and ratios."""
    del argv
    folder = require_data(_DATA.value, _REQUESTS.value)

    from mtmd_tf.benchmarks.training_speed import measure_training

    speed = measure_training(folder, tasks=_TASKS, rounds=_ROUNDS.value, batch_requests=_BATCH.value)
    flops, reached = speed.flops, speed.flops * speed.trained
    print(f"matrix product, the machine    {speed.throughput / 1e9:>10,.0f} GFLOP/s, float32")
    print(f"matrix products in training    {reached / 1e9:>10,.0f} GFLOP/s, {flops / 1e6:.1f} MFLOP a pair")
    print(f"share of the machine's peak    {reached / speed.throughput:>10.0%}")
    print(f"training                       {speed.trained:>10,.0f} pairs/s, median of {speed.rounds} steps, float32")
    print(f"reading                        {speed.read:>10,.0f} pairs/s, shuffled")
    print(f"reading / training             {speed.read / speed.trained:>10.1f}")


if __name__ == "__main__":
    settings.run(main, FLAGS)
