"""A process of a training of the tiny model: `python -m tests.mtmd_tf.distribution.worker STRATEGY DATA RUN [KIND]`."""

import os
import pathlib
import sys

import mtmd_tf  # noqa: F401
from mtmd_tf.config import MIRRORED, ConfigError, DistributionConfig
from mtmd_tf.distribution.joining import joined
from tests.mtmd_tf.killed import Killed


def main(strategy: str, folder: str, run: str, kind: str = "DataSet") -> int:
    config = DistributionConfig(strategy=strategy, worker_timeout=120.0)
    cluster = joined(config, environment=os.environ, same={"kind": kind})

    import tensorflow as tf

    if strategy == MIRRORED:  # two replicas on one machine without a GPU
        [processor] = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)

    from mtmd_tf.distribution.group import make_group
    from tests.mtmd_tf.distribution import tiny_model

    group = make_group(config, cluster)
    try:
        tiny_model.train(pathlib.Path(folder), pathlib.Path(run), group=group, kind=getattr(tiny_model, kind))
    except Killed:
        os._exit(9)
    except ConfigError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
