"""The replicas that train one model together, by one of TensorFlow's strategies (docs/adr/0037)."""

import contextlib
import dataclasses
import faulthandler
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.config import GPU, MIRRORED, MULTI_WORKER, ConfigError, DistributionConfig
from mtmd_tf.distribution.cluster import Cluster
from mtmd_tf.distribution.devices import require_gpu
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.division import Parts
from tfrecords_tools.error_messages import message_of

# What a collective ends in when a worker is gone, or slower than the timeout.
_LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """All replicas of a training, as one of its workers sees them.

    Attributes:
        strategy: What makes variables, runs steps and adds up over replicas.
        worker: Index of this process among the workers; 0 is the chief, which alone writes the run's folder.
        workers: Number of the workers.
        replicas: Number of the replicas of each worker.
    """

    strategy: tf.distribute.Strategy
    worker: int = 0
    workers: int = 1
    replicas: int = 1

    @property
    def chief(self) -> bool:
        """Whether this process writes the run's folder."""
        return self.worker == 0

    @property
    def own_parts(self) -> Parts:
        """How a batch that this worker alone reads is cut."""
        return Parts(total=self.replicas, first=0, parts=self.replicas)

    @property
    def shared_parts(self) -> Parts:
        """How a batch that every worker reads is cut."""
        return Parts(total=self.workers * self.replicas, first=self.worker * self.replicas, parts=self.replicas)

    def run(self, step: Callable[[Batch], Any], parts: Sequence[Batch]) -> Any:
        """Runs a step on every replica, each on its part; for use in a `tf.function`.

        Args:
            step: The step, whose results must be the same on every replica, such as sums over them.
            parts: A batch for each replica of this worker.

        Returns:
            The results of the first replica.
        """

        def on_replica(*parts: Batch) -> Any:
            place = tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group)
            return step(parts[int(place) - self.worker * self.replicas])

        results = self.strategy.run(on_replica, args=tuple(parts))
        return tf.nest.map_structure(lambda each: self.strategy.experimental_local_results(each)[0], results)

    def told(self, number: int = 0) -> list[int]:
        """The number that each replica's worker tells the others; waits until every worker is here."""
        own = self.strategy.run(lambda: tf.constant([number], tf.int64))
        return self.strategy.gather(own, axis=0).numpy().tolist()

    @contextlib.contextmanager
    def resumable(self, run: pathlib.Path) -> Iterator[None]:
        """What a lost worker does to the others comes out in words.

        Raises:
            ConfigError: A worker is gone, or slower than the timeout.
        """
        try:
            yield
        except _LOST as error:
            if self.workers == 1:
                raise
            raise ConfigError(
                f"a worker of the {self.workers} was lost, as worker {self.worker} sees it ({message_of(error):.200}); "
                f"start the same command on all of them to go on from the last checkpoint in {run}, or wait longer "
                "with --worker_timeout."
            ) from error


def make_group(config: DistributionConfig, cluster: Cluster | None) -> Group | None:
    """The group that the settings ask for; None for one process and one device, without a strategy.

    To be called before anything else of TensorFlow runs.

    Args:
        config: Strategy, device and timeout.
        cluster: The workers, which have met; for `multi_worker` alone.

    Raises:
        ConfigError: A GPU is asked for where there is none.
    """
    if config.device == GPU:
        require_gpu(f"--device={GPU}", otherwise="--device=auto")
    if config.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    if config.strategy == MIRRORED:
        kind = "GPU" if tf.config.get_visible_devices("GPU") else "CPU"
        devices = [device.name for device in tf.config.list_logical_devices(kind)]
        return Group(strategy=tf.distribute.MirroredStrategy(devices), replicas=len(devices))
    if config.strategy == MULTI_WORKER and cluster is not None:
        strategy = _multi_worker(cluster, timeout=config.worker_timeout)
        workers = len(cluster.addresses)
        return Group(
            strategy=strategy,
            worker=cluster.index,
            workers=workers,
            replicas=strategy.num_replicas_in_sync // workers,
        )
    return None


def _multi_worker(cluster: Cluster, *, timeout: float) -> tf.distribute.Strategy:
    """Waits in C++ for the other workers, so that no Python thread could end it; faulthandler's own thread can."""
    options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=timeout)
    workers = tf.train.ClusterSpec({"worker": list(cluster.addresses)})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        workers,
        task_type="worker",
        task_id=cluster.index,
        num_accelerators={"GPU": len(tf.config.get_visible_devices("GPU"))},
        rpc_layer="grpc",
    )
    faulthandler.dump_traceback_later(timeout, exit=True)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver, options)
    finally:
        faulthandler.cancel_dump_traceback_later()
