"""Numbers whose mean and deviation a few values decide, so that a tower cannot tell the others apart."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.requests import Ragged

_NARROW = 0.02  # deviations: 90% of the values lie so close together
_DIFFERENT = 10  # values, from which a spread says something


def examine(table: Table) -> Iterator[Finding]:
    """Feature by feature, over the pairs that have it, as a tower sees it: through log1p where it is count_like."""
    for feature in table.schema.features:
        values, present = table.column(feature)
        if feature.kind != "continuous" or isinstance(values, Ragged):
            continue
        seen = values[present].astype(np.float64)
        spread = _spread(np.log1p(seen) if feature.count_like else seen)
        if spread < _NARROW:
            counts = "" if feature.count_like else "; count_like tames what counts or is an amount"
            yield Finding(
                level=LOOK,
                about="scales",
                said=f"90% of the values of {feature.key} lie within {spread:.2g} of its standard deviation, which "
                f"values from {seen.min():.3g} to {seen.max():.3g} make large",
                advice=f"a tower cannot tell them apart: leave it empty where a value means missing{counts}",
                weight=1.0 - spread,
            )


def _spread(values: np.ndarray) -> float:
    """How many deviations 90% of the values span; without the most frequent one, such as 0 of a count."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= _DIFFERENT:
        return float("inf")
    others = values[values != distinct[np.argmax(counts)]]
    low, high = np.quantile(others, (0.05, 0.95))
    return float((high - low) / values.std())
