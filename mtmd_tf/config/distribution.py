"""Settings of where a training runs: processes, devices and how they wait for each other (docs/scaling.md)."""

import dataclasses

from mtmd_tf.config.fields import ConfigError, check_fields, setting

NONE, MIRRORED, MULTI_WORKER = "none", "mirrored", "multi_worker"
GPU, HOST = "gpu", "host"
PARAMETER_SERVER = "parameter_server"  # what other packages call it; not here (docs/adr/0058)
_NO_SERVERS = (
    "there is none, for an exported tower must fit one machine anyway; say --max_table_rows for fewer rows, "
    f"--tables={HOST} for tables beyond a GPU's memory, or --strategy={MULTI_WORKER} for more machines"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DistributionConfig:
    """Where a training runs; nothing of it is part of a run, which goes on with any other."""

    strategy: str = setting(
        NONE,
        "none: one process, one device; mirrored: every device of this machine; multi_worker: the machines that the "
        "environment variable TF_CONFIG lists, by the same command on each (docs/scaling.md)",
        choices=(NONE, MIRRORED, MULTI_WORKER),
        absent={PARAMETER_SERVER: _NO_SERVERS},
    )
    device: str = setting(
        "auto",
        "auto takes GPUs where there are some; gpu refuses a machine without one",
        choices=("auto", "cpu", GPU),
    )
    tables: str = setting(
        "device",
        "where the embedding tables and their optimizer are: with the rest of the model, or in the machine's memory "
        "where they are too large for the device's",
        choices=("device", HOST),
    )
    xla: bool = setting(
        False,
        "compile towers and optimizer by XLA: the same numbers to 1e-5, and minutes before the first steps; for GPUs",
    )
    worker_timeout: float = setting(
        300.0, "seconds that a worker waits for another before it ends, with a line that says so", minimum=1.0
    )

    def __post_init__(self) -> None:
        check_fields(self)
        for name, said in ((f"--tables={HOST}", self.tables == HOST), ("--xla", self.xla)):
            if said and self.strategy != NONE:
                raise ConfigError(f"{name} is for one device; leave it out, or say --strategy={NONE}.")
