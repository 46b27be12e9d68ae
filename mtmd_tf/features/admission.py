"""Which ids have a table row of their own: those that training met often enough; the others share one a feature."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mtmd_tf.features.batch import Side
from mtmd_tf.features.layout import SideLayout
from tfrecords_tools.schema import Feature


class Folded(NamedTuple):
    """What one feature's rare ids were, as training counted them.

    Attributes:
        feature: Key of the feature, such as `item/brand`.
        ids: Rows of its table that training met; of a hashed feature, ids of one bucket are one.
        rare: Those of them that share a row.
        values: Values of the feature in training.
        folded: Those of them whose row is shared.
    """

    feature: str
    ids: int
    rare: int
    values: int
    folded: int

    def __str__(self) -> str:
        share = self.folded / max(self.values, 1)
        return f"{self.feature}: {self.rare:,} of {self.ids:,} ids share a row, {share:.1%} of {self.values:,} values."


class RowCounts:
    """Counts how often each row of a side's table is looked up.

    Args:
        layout: Fields of the side.
    """

    def __init__(self, layout: SideLayout) -> None:
        self._layout = layout
        self._counts = np.zeros(max(layout.table_rows, 1), np.int64)

    def add(self, side: Side) -> None:
        """Counts the present values of some rows, an absent one never."""
        categorical = len(self._layout.of_kind("categorical"))
        present = side.mask.numpy()[:, :categorical] > 0  # categorical fields come first in the mask
        for tokens in (side.tokens.numpy()[present], *(bag.flat_values.numpy() for bag in side.bags)):
            rows, times = np.unique(tokens, return_counts=True)
            self._counts[rows] += times

    def admitted(self, least: int) -> tuple[np.ndarray, list[Folded]]:
        """`[table rows]` int64, the row that stands for each, and what was folded, feature by feature.

        A row that was met `least` times or more stands for itself. The others of a feature go to its out-of-vocabulary
        row, or to the first of themselves where it is hashed, and so does what only later requests hold.
        """
        stands = np.arange(len(self._counts))
        found = []
        for feature, rows in self._features():
            counts = self._counts[rows]
            own = counts >= least
            if feature.vocabulary is not None:
                own[-1] = True  # out of vocabulary: nothing else could stand for it
            if own.all():
                continue
            shared = len(counts) - 1 if feature.vocabulary is not None else int(np.argmin(own))
            stands[rows] = np.where(own, stands[rows], rows.start + shared)
            rare = ~own & (counts > 0)
            met = int((counts > 0).sum())
            found.append(Folded(feature.key, met, int(rare.sum()), int(counts.sum()), int(counts[rare].sum())))
        return stands, [each for each in found if each.rare]

    def _features(self) -> Iterator[tuple[Feature, slice]]:
        for feature in self._layout.features:
            if feature.table_rows:
                first = self._layout.table_offsets[feature.name]
                yield feature, slice(first, first + feature.table_rows)
