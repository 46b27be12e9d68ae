"""Bids that are not in US dollars, or that are all 0."""

from collections.abc import Iterator

from tfrecords_tools.bids import ADVICE, dear
from tfrecords_tools.doctor.finding import LOOK, Finding
from tfrecords_tools.doctor.table import Table


def examine(table: Table) -> Iterator[Finding]:
    """Of the pairs as they are sampled."""
    bid = table.requests.bid
    if bid is None or not len(bid):
        return
    if said := dear(bid):
        yield Finding(level=LOOK, about="bids", said=said, advice=ADVICE, weight=1.0)
    elif not bid.any():
        yield Finding(
            level=LOOK,
            about="bids",
            said=f"bid is 0 in all {len(bid):,} pairs",
            advice="every ad is worth 0 to a utility that has bids: give them, or leave the column out",
            weight=1.0,
        )
