from collections.abc import Iterator
from typing import Any

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet


class Killed(BaseException):
    """What a test kills a training with."""


class KilledInThe(DataSet):
    """A data set whose reading is killed when an epoch begins."""

    epoch: int

    def parted_batches(self, split: str, **options: Any) -> Iterator[tuple[Batch, ...]]:
        if options.get("epoch") == self.epoch and self.dies():
            raise Killed
        yield from super().parted_batches(split, **options)

    def dies(self) -> bool:
        """Whether this process is the one that is killed."""
        return True
