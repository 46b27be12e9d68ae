"""Checks a request to rank; an error lists the choices (paper section 2.2)."""

from typing import Any

import numpy as np

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.item_file import require_bids, require_once
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.utility import BID, Utility
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.printable import listed


def check_request(request: RankRequest, utility: Utility, *, spec: RankerSpec, items: ScoringIndex) -> None:
    """Refuses a request that cannot be ranked.

    Raises:
        ServingError: An unknown surface or product, a candidate that comes twice, or bids that do not suit the utility
            or break a log's rules.
    """
    require_name(request.surface, spec.schema.surfaces, what="surface")
    if request.product is not None:
        require_name(request.product, spec.schema.products, what="product")
    if request.candidates is not None:
        require_once(request.candidates, what="candidates")
    if utility.uses_bid and request.bids is None:
        instead = "give them (--bids=FILE), or name tasks alone"
        raise ServingError(f"the utility {utility.text!r} needs bids, and the request has none: {instead}")
    if request.bids is None:
        return
    wanted = items.items if request.candidates is None else len(request.candidates)
    if len(request.bids) != wanted:
        raise ServingError(f"bids: one for each of {wanted} items; it has {len(request.bids)}")
    require_bids(request.bids, request.candidates or items.item_id)
    if not utility.uses_bid:
        raise ServingError(
            f"bids are given, but the utility {utility.text!r} does not name {BID}: name it, or leave them out"
        )


def require_top(top: Any) -> None:
    """Refuses a number of items to keep that is no count.

    Raises:
        ServingError: It is not a whole number of at least 1.
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise ServingError(f"top: a whole number of at least 1; it is {top!r:.80}")


def require_name(name: Any, choices: tuple[str, ...], *, what: str) -> None:
    """Refuses a name that the export does not have.

    Raises:
        ServingError: It lists the choices.
    """
    if name not in choices:
        raise ServingError(f"no {what} {name!r}; the export has {listed(choices)}")
