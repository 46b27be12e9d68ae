"""What each worker and each replica reads of a training: whole shards, and parts of a batch (docs/adr/0037)."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from tfrecords_tools.manifest import Shard
from tfrecords_tools.requests import DataError


class Parts(NamedTuple):
    """How a batch is cut among replicas, and which of the parts are read here.

    Attributes:
        total: Parts of a batch.
        first: The first part that is read.
        parts: How many are, one after another.
    """

    total: int = 1
    first: int = 0
    parts: int = 1

    @property
    def whole(self) -> bool:
        """Whether all parts are read."""
        return self.parts == self.total

    def of(self, serialized: tf.Tensor) -> list[tf.Tensor]:
        """The parts of `[requests]` that are read, as equal as whole requests allow."""
        if self.total == 1:
            return [serialized]
        edges = [tf.size(serialized) * place // self.total for place in range(self.first, self.first + self.parts + 1)]
        return [serialized[start:end] for start, end in itertools.pairwise(edges)]


WHOLE = Parts()


def divided(shards: Sequence[Shard], *, workers: int, source: str) -> list[tuple[Shard, ...]]:
    """Each worker's shards, every shard one worker's, in their order.

    The shard with most requests goes first, each to the worker that has fewest so far, so that workers end an epoch
    nearly together; equal ones by their path. Every worker comes to the same division.

    Args:
        shards: Shards to divide.
        workers: Number of the workers.
        source: The data in an error's words.

    Raises:
        DataError: There are more workers than shards.
    """
    if workers > len(shards):
        raise DataError(
            f"{source}: {len(shards)} shards to train on and {workers} workers, of which each reads its own; start at "
            f"most {len(shards)}, or build the data in smaller shards (--requests_per_shard)."
        )
    taken: list[set[int]] = [set() for _ in range(workers)]
    requests = [0] * workers
    for place in sorted(range(len(shards)), key=lambda place: (-shards[place].requests, str(shards[place].path))):
        least = requests.index(min(requests))
        taken[least].add(place)
        requests[least] += shards[place].requests
    return [tuple(shard for place, shard in enumerate(shards) if place in mine) for mine in taken]
