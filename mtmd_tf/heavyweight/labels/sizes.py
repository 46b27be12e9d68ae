"""Labels against events by how large the labels are: a mean hides those of rare events (paper section 2.3)."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

_LEAST = -6  # labels below 10^-6 are counted with those above it: LogMAE takes them for 10^-6


@dataclasses.dataclass(frozen=True, kw_only=True)
class SizeRow:
    """The labels of one task from `low` until ten times as much, against the events of the same pairs.

    Attributes:
        task: Name of the task.
        low: A power of ten; the lowest row has what is below it too.
        pairs: Number of pairs with a label and an observed event.
        label: Sum of the labels.
        event: Sum of the events.
        calibration: `label / event`, None without an event.
    """

    task: str
    low: float
    pairs: int
    label: float
    event: int
    calibration: float | None


class SizeSums:
    """Sums by decade of the label.

    Args:
        tasks: Names of the tasks.
    """

    def __init__(self, tasks: Sequence[str]) -> None:
        self._sums = {task: np.zeros([3, -_LEAST]) for task in tasks}

    def update(self, task: str, *, label: np.ndarray, event: np.ndarray) -> None:
        """Adds pairs whose label and event are both known, `[pairs]` each; events are 1 or 0."""
        decade = np.clip(np.floor(np.log10(np.maximum(label, 10.0**_LEAST))), _LEAST, -1).astype(int) - _LEAST
        for place, values in enumerate((None, label, event)):
            self._sums[task][place] += np.bincount(decade, weights=values, minlength=-_LEAST)

    def rows(self) -> tuple[SizeRow, ...]:
        """Every decade that has a pair, the rarest first."""
        return tuple(
            SizeRow(
                task=task,
                low=math.pow(10, decade + _LEAST),
                pairs=int(pairs),
                label=float(label),
                event=int(event),
                calibration=float(label / event) if event else None,
            )
            for task, sums in self._sums.items()
            for decade, (pairs, label, event) in enumerate(sums.T)
            if pairs
        )
