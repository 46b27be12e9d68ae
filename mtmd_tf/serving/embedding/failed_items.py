"""Items that cannot be embedded: which they are, and how many a job tolerates (paper section 2.2)."""

import dataclasses
import pathlib
from collections.abc import Sequence

from mtmd_tf.serving.specification import ServingError

_NAMED = 3  # in the one line of an error; a warning has named each before


@dataclasses.dataclass(frozen=True, kw_only=True)
class FailedItem:
    """One record that cannot be embedded, or a range of a shard that cannot be read.

    Attributes:
        shard: Path of the shard within the data set.
        record: The record's position in the shard, from 0; the first of a range.
        items: How many items are lost by it.
        item_id: Id of the item, where it can be read.
        reason: Why the item failed.
    """

    shard: str
    record: int
    items: int = 1
    item_id: str | None = None
    reason: str

    def __str__(self) -> str:
        place = (
            f"record {self.record}" if self.items == 1 else f"records {self.record} to {self.record + self.items - 1}"
        )
        item = "" if self.item_id is None else f"item {self.item_id}: "
        return f"{self.shard}, {place}: {item}{self.reason}"


def require_tolerable(failures: Sequence[FailedItem], *, tolerate: int, items: int, data: pathlib.Path) -> None:
    """Refuses more lost items than the user puts up with.

    Raises:
        ServingError: There are more; it counts them, names the first and the option.
    """
    lost = sum(failure.items for failure in failures)
    if lost > tolerate:
        first = "; ".join(str(failure) for failure in failures[:_NAMED])
        raise ServingError(
            f"{lost:,} of {items:,} items of {data} cannot be embedded, {tolerate:,} are tolerated: {first}"
            f"{'; ...' if len(failures) > _NAMED else ''}. The others are embedded: repair the data, or leave these "
            f"out with --tolerate={lost}"
        )
