"""Item features whose value depends on the pair: the corpus has one value of an item, and so ranking has another."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, Finding
from tfrecords_tools.doctor.measures import codes, row_codes
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Column, Ragged

_OFTEN = 0.1  # of the rows that follow one of the same item and day
_ENOUGH = 100  # such rows
_FALLS = 0.2  # of the changes of a number, since a counter only rises


def examine(table: Table) -> Iterator[Finding]:
    """Feature by feature, over the rows of an item within a day, in order of time."""
    requests = table.requests
    item, unit = codes(requests.item_id), table.unit[requests.owner]
    order = np.lexsort((item, unit))  # stable: rows are in order of time
    follows = (np.diff(item[order]) == 0) & (np.diff(unit[order]) == 0)
    before, after = order[:-1][follows], order[1:][follows]
    if len(after) < _ENOUGH:
        return
    for feature in table.schema.features_of("item"):
        values, present = table.column(feature)
        changed = _changed(values, present, before, after)
        share = float(changed.mean())
        if share >= _OFTEN and not _one_way(values, present, before[changed], after[changed]):
            yield Finding(
                level=LOOK,
                about="items",
                said=f"{feature.key} changes within a day from one row of an item to its next in {share:.0%} of them",
                advice="an item is embedded with the value of its last row: what depends on the request, as a position "
                "does, is a cross feature or left out; what depends on the surface is a feature for each",
                weight=share,
            )


def _changed(values: Column, present: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """`[rows]` bool: whether the value, or its presence, is another one."""
    code = np.where(present, row_codes(values), -1)
    return code[before] != code[after]


def _one_way(values: Column, present: np.ndarray, before: np.ndarray, after: np.ndarray) -> bool:
    """Whether a number rises, or falls, in nearly all of its changes."""
    if isinstance(values, Ragged) or values.dtype == object or values.ndim > 1:
        return False
    both = present[before] & present[after]
    rises = float((values[after][both] > values[before][both]).mean()) if both.any() else 0.5
    return both.mean() > 1 - _FALLS and min(rises, 1 - rises) < _FALLS
