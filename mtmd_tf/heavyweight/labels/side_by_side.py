"""Two copies of the same requests, batch by batch: one ranker's labels beside another's, or beside the events."""

from collections.abc import Iterator

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from tfrecords_tools.requests import DataError

_REQUESTS = 4096


def side_by_side(
    data: DataSet, labeled: DataSet, split: str, *, mend: str, batch_requests: int = _REQUESTS, cross: bool = False
) -> Iterator[tuple[Batch, Batch]]:
    """Batches of the same requests, those of the days that both have in a split.

    Args:
        data: Data set whose requests count.
        labeled: Copy of them, or of some of the days.
        split: `train` or `eval`.
        mend: What whoever compares them can do where they differ, as the end of a sentence.
        batch_requests: Requests of a batch, fewer where lists are long.
        cross: Whether the batches of `data` have cross features.

    Raises:
        DataError: A day with other requests, or with the same in another order.
    """
    days = sorted(set(data.manifest.days(split)) & set(labeled.manifest.days(split)))
    if not days:
        return
    size = min(each.manifest.at_once(batch_requests) for each in (data, labeled))
    ours = data.batches(split, batch_requests=size, days=days, cross=cross)
    theirs = labeled.batches(split, batch_requests=size, days=days)
    for batch in ours:
        copy = next(theirs, None)
        if copy is None or not _same(batch, copy):
            raise _others(data, labeled, split, mend)
        yield batch, copy
    if next(theirs, None) is not None:
        raise _others(data, labeled, split, mend)


def require_days(data: DataSet, labeled: DataSet, split: str, *, mend: str) -> None:
    """Refuses a copy with days in a split that `data` does not have there, which `side_by_side` would leave out.

    Raises:
        DataError: There is such a day; the first is named.
    """
    if moved := sorted(set(labeled.manifest.days(split)) - set(data.manifest.days(split))):
        raise DataError(
            f"{labeled.folder}, split {split}: {data.folder} does not have its day {moved[0]} in that split; {mend}"
        )


def _same(batch: Batch, copy: Batch) -> bool:
    return all(
        mine.shape == other.shape and bool((mine.numpy() == other.numpy()).all())
        for mine, other in ((batch.item_id, copy.item_id), (batch.request_id, copy.request_id))
    )


def _others(data: DataSet, labeled: DataSet, split: str, mend: str) -> DataError:
    return DataError(f"{labeled.folder}, split {split}: its requests are not those of {data.folder}, in order; {mend}")
