"""Where a funnel is cut: it follows from how many candidates a request has (paper section 1)."""

import numpy as np

_SHORT = 100  # candidates; today's platforms rank more
_SHORT_TOPS, _SHORT_CUTS = (1, 5), (1, 2, 5, 10, 20, 50)
_LONG_TOPS, _LONG_CUTS = (1, 10, 50), (20, 50, 100, 200, 500)


def tops_and_cuts(candidates: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Every K of the heavyweight ranker's top K, and every N that the lightweight one keeps.

    Args:
        candidates: Candidates of a request, on average. Up to 100 the cuts are those of short lists, whatever the
            length; beyond, they are those below the length.
    """
    if candidates <= _SHORT:
        return _SHORT_TOPS, _SHORT_CUTS
    return _LONG_TOPS, tuple(cut for cut in _LONG_CUTS if cut < candidates)


def by_ecpm(label: np.ndarray, log_probability: np.ndarray, bid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and score of a cut by eCPM: bid x label, and ln(bid x probability), -inf where nothing is bid.

    Args:
        label: `[pairs]` the heavyweight ranker's probabilities.
        log_probability: `[pairs]` ln of the lightweight ranker's.
        bid: `[pairs]` bids in US dollars, at least 0.
    """
    bid = bid.astype(np.float64)
    log_bid = np.log(bid, out=np.full(len(bid), -np.inf), where=bid > 0)
    return label * bid, log_probability + log_bid
