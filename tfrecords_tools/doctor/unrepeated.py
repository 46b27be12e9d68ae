"""Categories whose values do not come again, so that nothing can be learned of any: ids of requests, times, texts."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, Finding
from tfrecords_tools.doctor.table import Table

_OWN = 0.9  # values for each request that has one
_ENOUGH = 200  # requests


def examine(table: Table) -> Iterator[Finding]:
    """Of the query's categories, in a split that was read as a whole: in a part of it users hardly come again."""
    if not table.whole:
        return
    for feature in table.schema.features_of("query"):
        if feature.kind != "categorical":
            continue
        values, present = table.column(feature)
        _, first = np.unique(table.requests.owner, return_index=True)  # a pair of each request
        own = values[first][present[first]]
        different = len(np.unique(own))
        if len(own) >= _ENOUGH and different >= _OWN * len(own):
            yield Finding(
                level=LOOK,
                about="tokens",
                said=f"{feature.key} has {different:,} values in {len(own):,} requests: hardly one comes again",
                advice="of an id of the request, a time or a free text nothing is learned: leave it out, or give its "
                "words as a list and its hour as a number",
                weight=different / len(own),
            )
