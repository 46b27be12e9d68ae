"""Values that stand for nothing: numbers such as -1 and 9999 among others, and tokens that fill lists to one length."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.printable import shown
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature

_BELOW = (-1, -9, -99, -999, -9_999, -99_999, -999_999)  # where every other number is at least 0
_ABOVE = (9_999, 99_999, 999_999, 9_999_999, 99_999_999)
_FAR = 0.5  # of one of these: every other number is below
_WIDEST = 2  # -1, 0 and 1 are a scale of their own
_SHARE = 0.01  # of the values
_FILLED = 0.05  # of the lists
_LONG = 3  # tokens of a list, from which one may be filled
_ENOUGH = 50  # rows


def examine(table: Table) -> Iterator[Finding]:
    """Feature by feature, over the pairs that have it."""
    for feature in table.schema.features:
        values, present = table.column(feature)
        if present.sum() < _ENOUGH:
            continue
        if isinstance(values, Ragged):
            yield from _filled(feature, values, present)
        elif feature.kind == "continuous":
            yield from _marked(feature, values[present].astype(np.float64))


def _marked(feature: Feature, numbers: np.ndarray) -> Iterator[Finding]:
    low, high = numbers.min(), numbers.max()
    for mark, others in ((low, numbers[numbers > low]), (high, numbers[numbers < high])):
        share = 1.0 - len(others) / len(numbers)
        below = mark in _BELOW and len(others) and others.min() >= 0 and others.max() > _WIDEST
        above = mark in _ABOVE and len(others) and others.max() < _FAR * mark
        if (below or above) and share >= _SHARE:
            yield Finding(
                level=LOOK,
                about="scales",
                said=f"{share:.0%} of the values of {feature.key} are {mark:g}, and all others "
                f"{others.min():.3g} to {others.max():.3g}",
                advice="if it says that no value is there, leave it empty: a tower learns what is missing by itself",
                weight=share,
            )


def _filled(feature: Feature, lists: Ragged, present: np.ndarray) -> Iterator[Finding]:
    """A token that ends, or begins, many lists of one length, and stands nowhere else in them."""
    lengths = np.unique(lists.lengths[present])
    if len(lengths) != 1 or lengths[0] < _LONG or lists.lengths[~present].any():
        return
    length, rows = int(lengths[0]), int(present.sum())
    tokens = lists.values.reshape(rows, length)
    for place, where in ((-1, "end"), (0, "beginning")):
        distinct, counts = np.unique(tokens[:, place], return_counts=True)
        fill = tokens == distinct[np.argmax(counts)]
        run = np.logical_and.accumulate(fill[:, ::-1] if place else fill, axis=1)
        share = run.sum() / tokens.size
        several = run[:, 1].mean()  # more than one in a row, as a value of its own seldom is
        if several >= _FILLED and run.sum() == fill.sum() and share < 1.0:
            yield Finding(
                level=LOOK,
                about="tokens",
                said=f"{share:.0%} of the tokens of {feature.key} are {shown(distinct[np.argmax(counts)])}, at the "
                f"{where} of its lists alone, which all have {length:,}",
                advice="if it fills them up, leave it away: lists have any length, and it counts as any other value",
                weight=float(share),
            )
            return
