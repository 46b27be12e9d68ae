"""The batches of a training: epoch after epoch of a sample of the training days."""

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.config import ConfigError, TrainConfig
from mtmd_tf.distribution.group import Group
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.targets import source_of


class TrainingBatches:
    """Batches of the days to train on, in an order that follows from the seed and the epoch.

    Args:
        data: Data set whose split `train` is read.
        config: Batch size, sample, shuffling and seed.
        days: Days to train on.
        cross: Whether cross features are read.
        group: The replicas; None for one process without a strategy.

    Attributes:
        per_epoch: Batches of one epoch; of several workers, those of the worker that has most.
        source: The data in an error's words.

    Raises:
        ConfigError: More workers than requests of a batch.
        DataError: More workers than shards.
    """

    def __init__(
        self, data: DataSet, *, config: TrainConfig, days: Sequence[str], cross: bool, group: Group | None = None
    ) -> None:
        self._sample = data.sampled(config.sample_share, seed=config.seed)
        self._config, self._days, self._cross, self._group = config, days, cross, group
        workers = 1 if group is None else group.workers
        if config.batch_requests < workers:
            raise ConfigError(
                f"--batch_requests={config.batch_requests} is the batch of all {workers} workers together; each needs "
                "at least one request of it."
            )
        each = [self._sample.of_worker(index, workers=workers) for index in range(workers)]
        self._own = each[0 if group is None else group.worker]
        self.per_epoch = max(each[index].batch_count("train", **self._reads(index)) for index in range(workers))
        self.source = source_of(self._sample)

    def endless(self, *, epoch: int, skip: int) -> Iterator[tuple[int, int, tuple[Batch, ...]]]:
        """`(epoch, batches of the epoch that are then done, batch)` without end; a part for each replica here.

        Of several workers each reads its own shards, and its share of a batch's requests. One that has read them takes
        empty batches until the last worker has, so that an epoch sees every request once and ends on all together.

        Args:
            epoch: Epoch to begin with.
            skip: Batches of that epoch to leave out.
        """
        while True:
            for done, batch in enumerate(self._of_epoch(epoch, skip=skip), start=skip + 1):
                yield epoch, done, batch
            epoch, skip = epoch + 1, 0

    def _of_epoch(self, epoch: int, *, skip: int) -> Iterator[tuple[Batch, ...]]:
        group = self._group
        order: dict[str, Any] = {
            "shuffle_requests": self._config.shuffle_requests,
            "seed": self._config.seed,
            "epoch": epoch,
        }
        if group is None:
            whole = self._own.batches("train", **self._reads(0), cross=self._cross, **order, skip=skip)
            yield from ((batch,) for batch in whole)
            return
        own = self._own.parted_batches(
            "train", **self._reads(group.worker), cross=self._cross, **order, skip=skip, parts=group.own_parts
        )
        empty = (self._own.empty_batch(cross=self._cross),) * group.replicas
        for _ in range(skip, self.per_epoch):
            yield next(own, empty)
        next(own, None)  # at its end a whole pass is compared with the manifest

    def _reads(self, index: int) -> dict[str, Any]:
        """What a worker reads at a time, and of what."""
        config, workers = self._config, 1 if self._group is None else self._group.workers
        share = config.batch_requests * (index + 1) // workers - config.batch_requests * index // workers
        return {"batch_requests": share, "days": self._days, "skip_corrupt": config.skip_corrupt}


def weighed(batch: Batch, config: TrainConfig) -> Batch:
    """The batch as the loss weighs its pairs: by their `weight` column, `[pairs]`, or all by 1."""
    return batch if config.use_weights else batch._replace(weight=tf.ones_like(batch.weight))
