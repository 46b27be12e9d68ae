"""How a process joins the others of a training, before it imports TensorFlow."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import MULTI_WORKER, DistributionConfig
from mtmd_tf.distribution.cluster import Cluster
from mtmd_tf.distribution.roll_call import meet
from mtmd_tf.version import __version__


def joined(config: DistributionConfig, *, environment: Mapping[str, str], same: Mapping[str, Any]) -> Cluster | None:
    """The cluster of a multi-worker training once all its workers are there and alike; None for any other strategy.

    Args:
        config: Strategy and timeout.
        environment: Environment variables of this process.
        same: What must be the same on all workers beside the versions of the packages: settings and data, by name.

    Raises:
        ConfigError: TF_CONFIG breaks a rule, a worker does not come, or it differs.
    """
    if config.strategy != MULTI_WORKER:
        return None
    cluster = Cluster.of(environment)
    versions = {"mtmd_tf": __version__, "tensorflow": importlib.metadata.version("tensorflow")}
    settings = {f"--{name}": str(value) for name, value in same.items()}
    meet(cluster, versions | settings, timeout=config.worker_timeout)
    return cluster
