"""Groups requests that share a call of the query tower and a scan of the items (paper section 2.2)."""

from collections.abc import Mapping, Sequence

from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.scan import MOST_REQUESTS
from mtmd_tf.serving.ranking.where import Where


def group_requests(requests: Sequence[RankRequest], conditions: Mapping[str, Where]) -> list[list[int]]:
    """Indices of requests that one call of the tower and one scan can serve: those that keep the same items.

    Args:
        requests: The requests, in any order.
        conditions: The parsed condition of each text that a request has.
    """
    groups: dict[tuple, list[int]] = {}
    for place, request in enumerate(requests):
        listed = request.candidates is not None
        # A condition on the request keeps other items for each: it has a scan of its own.
        alone = place if request.where and conditions[request.where].queries else None
        key = (
            request.surface,
            request.product,
            request.where,
            alone,
            listed,
            listed or (id(request.bids), id(request.cross)),
        )
        groups.setdefault(key, []).append(place)
    return [
        group[first : first + MOST_REQUESTS]
        for group in groups.values()
        for first in range(0, len(group), MOST_REQUESTS)
    ]
