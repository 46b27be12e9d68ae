"""Tasks whose labels order the events of a slice no better than chance, however well their mean fits (section 2.3)."""

import math
from collections.abc import Sequence

from mtmd_tf.heavyweight.labels.quality_rows import Quality
from mtmd_tf.metrics import ALL, Row

_LITTLE = 0.55  # AUC: a ranker that stays below it, for all that chance can do, has found little to learn
_ERRORS = 2.0  # standard errors


def no_better_than_chance(splits: Sequence[Quality]) -> list[str]:
    """A sentence for each such task; none for one with too few events to tell.

    The slices' own AUCs are averaged by how sure they are: over all slices together, labels that know no more than the
    slices' rates would look better than chance.

    Args:
        splits: Quality of the labels of each split.
    """
    rows = [row for each in splits for row in each.rows if ALL not in (row.surface, row.product)]
    found = []
    for task in dict.fromkeys(row.task for row in rows):
        known = [(row.auc, _sureness(row)) for row in rows if row.task == task and row.auc is not None]
        sureness = sum(weight for _, weight in known)
        if not sureness:
            continue
        auc = sum(value * weight for value, weight in known) / sureness
        most = auc + _ERRORS / math.sqrt(sureness)
        if most < _LITTLE:
            found.append(
                f"Within a slice, labels of {task} order its events hardly better than chance (AUC {auc:.3f}, at most "
                f"{most:.3f}): the ranker has learned the rates of slices and little else. Try more --epochs with more "
                "--patience, a larger --ranker_share, or features that tell more."
            )
    return found


def _sureness(row: Row) -> float:
    """One over the variance of an AUC that is about a half; 0 where one kind of event is missing."""
    positive = row.events * (row.event_rate or 0.0)
    negative = row.events - positive
    return 12.0 * positive * negative / (positive + negative + 1.0)
