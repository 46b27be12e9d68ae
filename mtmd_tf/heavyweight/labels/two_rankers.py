"""The labels of two heavyweight rankers beside each other, against the events of the same pairs (paper section 1)."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.side_by_side import side_by_side
from mtmd_tf.metrics.paired_auc import PairedAUC, paired_auc
from tfrecords_tools.requests import DataError

_MEND = "label the same data with both rankers"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelAUC:
    """One task in one split.

    Attributes:
        split: `eval` or `train`.
        task: Name of the task.
        pairs: Pairs with an event and both labels.
        positives: Those of them whose event happened.
        aucs: The AUCs of both labels, and the interval of their difference.
    """

    split: str
    task: str
    pairs: int
    positives: int
    aucs: PairedAUC


def compare_labels(first: DataSet, second: DataSet) -> list[LabelAUC]:
    """A row for each split and task, over the days that both have in it.

    Args:
        first: Labeled data set.
        second: Copy of the same requests, labeled by another ranker.

    Raises:
        DataError: No day that both have, other requests on one, or no task whose labels can be compared there.
    """
    found = [row for split in first.manifest.splits for row in _rows(first, second, split)]
    if not found:
        raise DataError(f"{first.folder} and {second.folder} {_nothing(first, second)}")
    return found


def _nothing(first: DataSet, second: DataSet) -> str:
    """Why there is no row: the end of a sentence."""
    one, two = first.manifest, second.manifest
    if not any(set(one.days(split)) & set(two.days(split)) for split in one.splits):
        return f"have no day of a split in common; {_MEND}"
    ours, theirs = ([name for name in each.columns if name.startswith(("label/", "event/"))] for each in (one, two))
    return (
        f"have {ours} and {theirs}; an AUC takes a task that both label, with events that happened and events that did "
        "not, on a day of both"
    )


def _rows(first: DataSet, second: DataSet, split: str) -> Iterator[LabelAUC]:
    kept: dict[str, list[np.ndarray]] = {}
    first_request = 0
    for ours, theirs in side_by_side(first, second, split, mend=_MEND):
        for task in ours.label.keys() & theirs.label.keys() & ours.event.keys():
            columns = [ours.label[task].numpy(), theirs.label[task].numpy(), ours.event[task].numpy()]
            known = np.isfinite(columns).all(axis=0)
            request = first_request + ours.request.numpy()[known]
            kept.setdefault(task, []).append(
                np.stack([*(column[known].astype(np.float64) for column in columns), request])
            )
        first_request += len(ours.request_id)
    for task in first.schema.task_names:
        label, other, event, request = np.concatenate([np.zeros((4, 0)), *kept.get(task, [])], axis=1)
        aucs = paired_auc(label, other, event=event, request=request.astype(np.int64)) if len(event) else None
        if aucs is not None:
            yield LabelAUC(split=split, task=task, pairs=len(event), positives=int(event.sum()), aucs=aucs)
