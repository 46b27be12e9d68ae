"""Values of the rows that are scored, beside their embeddings: bids, and the numbers of a pair."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowValues:
    """Values of rows, in their order.

    Attributes:
        bids: `[rows]` bids in US dollars, or None for 1.
        cross: `[rows]` float32 of each score feature of the export, NaN where missing; None where all are missing.
    """

    bids: np.ndarray | None = None
    cross: tuple[np.ndarray, ...] | None = None

    def at(self, rows: np.ndarray | slice) -> "RowValues":
        """Of some of the rows: their indices, `[rows]`, flags `[all rows]`, or a range."""
        return RowValues(
            bids=None if self.bids is None else self.bids[rows],
            cross=None if self.cross is None else tuple(column[rows] for column in self.cross),
        )


NOTHING = RowValues()
