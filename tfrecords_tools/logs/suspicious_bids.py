"""A column of bids that is not in US dollars, as far as one can see."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.bids import ADVICE, DEAR, mostly_dear
from tfrecords_tools.logs.columns import typed
from tfrecords_tools.logs.location import Location

_BID = "bid"


@dataclasses.dataclass(kw_only=True)
class SuspiciousBids:
    """What `add` has seen in the files of a log."""

    _bids: int = 0
    _above: int = 0
    _first: float = 0.0

    def columns(self, found: Sequence[str]) -> list[str]:
        """Those to look at in a file with the columns `found`."""
        return [name for name in found if name == _BID]

    def add(self, path: pathlib.Path, raw: pa.Table) -> None:
        """Counts a file's bids, and those that hardly any advertiser pays.

        Raises:
            DataError: A bid that is no number; it names file and row.
        """
        location = Location(path=path, column=_BID, rows=np.arange(1, len(raw) + 1), needed=True)
        bids = pc.drop_null(typed(raw[_BID], pa.float32(), location)).to_numpy()
        above = bids[bids > DEAR]
        self._first = self._first or float(next(iter(above), 0.0))
        self._above, self._bids = self._above + len(above), self._bids + len(bids)

    def lines(self) -> Iterator[str]:
        """A line where more than half of the bids are such."""
        if said := mostly_dear(above=self._above, bids=self._bids, first=self._first):
            yield f"column {_BID}: {said}; {ADVICE}"
