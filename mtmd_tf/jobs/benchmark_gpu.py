"""Measures what the GPU trains and what the cores beside it read: `python -m mtmd_tf.jobs.benchmark_gpu`.

Prints pairs a second and the share of the device's own matrix products in float32, TF32 and bfloat16, with XLA and
without, and reading by cores. Without a GPU it measures the processor, without XLA, on smaller batches.
"""

from absl import flags

from mtmd_tf.benchmarks.data import require_data
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)

_DATA = flags.DEFINE_string(
    "data", "data/benchmark-gpu", "data set of 12 candidates a request; built where it is missing", flag_values=FLAGS
)
_REQUESTS = flags.DEFINE_integer(
    "requests", 50_000, "requests of the data set, where it is built", lower_bound=500, flag_values=FLAGS
)
_ROUNDS = flags.DEFINE_integer(
    "rounds", 7, "times that each measure is taken, in turn", lower_bound=1, flag_values=FLAGS
)
_BATCH = flags.DEFINE_integer(
    "batch_requests",
    0,
    "requests a step; 0 takes 8,192 on a GPU, 98,304 pairs, and 342 elsewhere",
    lower_bound=0,
    flag_values=FLAGS,
)
_XLA = flags.DEFINE_bool("xla", None, "measure XLA too; on a GPU unless --noxla, elsewhere if asked", flag_values=FLAGS)
_READ_ONLY = flags.DEFINE_bool("read_only", False, "measure reading alone", flag_values=FLAGS)

_TASKS = ("ctr", "gctr", "octr")
_MATRIX, _GPU_MATRIX, _REQUESTS_A_STEP, _GPU_REQUESTS_A_STEP = 1024, 8192, 342, 8192


def main(argv: list[str]) -> None:
    """Builds the data where it is missing, measures, prints two tables."""
    del argv
    folder = require_data(_DATA.value, _REQUESTS.value)

    from mtmd_tf.benchmarks import accelerator

    device = accelerator.gpu()
    batch = _BATCH.value or (_GPU_REQUESTS_A_STEP if device else _REQUESTS_A_STEP)
    print(f"{device.name if device else 'no GPU: the processor'}; {batch:,} requests a step, {_ROUNDS.value} rounds")
    read = accelerator.measure_reading(folder, batch_requests=_REQUESTS_A_STEP)
    trained = (
        []
        if _READ_ONLY.value
        else accelerator.measure_training(
            folder,
            tasks=_TASKS,
            rounds=_ROUNDS.value,
            batch_requests=batch,
            compile_too=bool(device) if _XLA.value is None else _XLA.value,
            matrix=_GPU_MATRIX if device else _MATRIX,
        )
    )
    print(accelerator.shown(trained, read))


if __name__ == "__main__":
    settings.run(main, FLAGS)
