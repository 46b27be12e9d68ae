"""The batches of a training: epoch after epoch of a sample of the training days."""

from collections.abc import Iterator, Sequence

import tensorflow as tf

from mtmd_tf.config import TrainConfig
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet


class TrainingBatches:
    """Batches of the days to train on, in an order that follows from the seed and the epoch.

    Args:
        data: Data set whose split `train` is read.
        config: Batch size, sample, shuffling and seed.
        days: Days to train on.
        cross: Whether cross features are read.

    Attributes:
        per_epoch: Batches of one epoch.
        source: The data in an error's words.
    """

    def __init__(self, data: DataSet, *, config: TrainConfig, days: Sequence[str], cross: bool) -> None:
        self._sample = data.sampled(config.sample_share, seed=config.seed)
        self._config, self._days, self._cross = config, days, cross
        self.per_epoch = self._sample.batch_count(
            "train", batch_requests=config.batch_requests, days=days, skip_corrupt=config.skip_corrupt
        )
        whole = f"the slice {'/'.join(data.slice)} of {data.folder}" if data.slice else str(data.folder)
        self.source = f"a share of {config.sample_share:g} of {whole}" if self._sample.sample else whole

    def endless(self, *, epoch: int, skip: int) -> Iterator[tuple[int, int, Batch]]:
        """`(epoch, batches of the epoch that are then done, batch)` without end.

        Args:
            epoch: Epoch to begin with.
            skip: Batches of that epoch to leave out.
        """
        while True:
            for done, batch in enumerate(self._of_epoch(epoch, skip=skip), start=skip + 1):
                yield epoch, done, batch
            epoch, skip = epoch + 1, 0

    def _of_epoch(self, epoch: int, *, skip: int) -> Iterator[Batch]:
        return self._sample.batches(
            "train",
            batch_requests=self._config.batch_requests,
            days=self._days,
            cross=self._cross,
            shuffle_requests=self._config.shuffle_requests,
            seed=self._config.seed,
            epoch=epoch,
            skip=skip,
            skip_corrupt=self._config.skip_corrupt,
        )


def weighed(batch: Batch, config: TrainConfig) -> Batch:
    """The batch as the loss weighs its pairs: by their `weight` column, `[pairs]`, or all by 1."""
    return batch if config.use_weights else batch._replace(weight=tf.ones_like(batch.weight))
