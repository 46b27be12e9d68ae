"""How requests become the shards of a data set."""

import dataclasses
from typing import Any

from tfrecords_tools.partition import Partition


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cut:
    """Where splits, partitions and files end, and what is mended on the way.

    Attributes:
        eval_from: The name of the first partition of the eval split, such as `2017-11-06`; earlier ones are train.
        requests_per_shard: Most requests in one file.
        partition: Kind of partition.
        repair_events: Whether a child task's event sets its parent's.
        compact: Whether records name rows of an item table instead of holding their items' features.
    """

    eval_from: str
    requests_per_shard: int
    partition: Partition = dataclasses.field(default_factory=Partition)
    repair_events: bool = False
    compact: bool = False

    def split(self, name: str) -> str:
        """The split of a partition."""
        return "eval" if name >= self.eval_from else "train"

    def add_to(self, source: dict[str, Any]) -> dict[str, Any]:
        """What made the data, with how it was cut; what is at its default is left out."""
        settings = {"eval_from": self.eval_from, "requests_per_shard": self.requests_per_shard}
        settings |= self.partition.arguments() | ({"repair_events": True} if self.repair_events else {})
        settings |= {"compact": True} if self.compact else {}
        return {**source, "arguments": {**source.get("arguments", {}), **settings}}
