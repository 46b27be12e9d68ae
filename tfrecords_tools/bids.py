"""Bids that may not be in US dollars, such as micros, a million of which are a dollar (docs/data-contract.md)."""

import numpy as np

DEAR = 1_000.0  # US dollars for one event, which hardly any advertiser pays
ADVICE = "a bid is in US dollars: divide micros by 1,000,000 and cents by 100"


def dear(bids: np.ndarray) -> str:
    """What is odd where the median of bids is above `DEAR`; empty where it is not.

    Args:
        bids: Bids, `[bids]`, in US dollars.
    """
    above = bids[bids > DEAR]
    return mostly_dear(above=len(above), bids=len(bids), first=above[0]) if len(above) else ""


def mostly_dear(*, above: int, bids: int, first: float) -> str:
    """What is odd where more than half of the bids are above `DEAR`; empty where fewer are.

    Args:
        above: Number of bids above `DEAR`.
        bids: Number of all bids.
        first: One of those above.
    """
    return f"{above:,} of {bids:,} bids, such as {first:,.0f}, are above 1,000" if 2 * above > bids else ""
