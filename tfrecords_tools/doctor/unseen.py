"""Categories that the split eval has and train has not, so that no row of their table was learned."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.printable import shown
from tfrecords_tools.requests import Ragged, column_take
from tfrecords_tools.schema import Feature

_KINDS = 100  # different tokens: more are ids, which come and go
_MANY = 0.05  # of the tokens of eval
_SEVERAL = 20  # tokens of eval, from which a share says something


def examine(train: Table, held: Table) -> Iterator[Finding]:
    """Of the categories and lists of few different tokens in train."""
    for feature in train.schema.features:
        if feature.kind not in ("categorical", "ragged"):
            continue
        known, tokens = np.unique(_tokens(train, feature)), _tokens(held, feature)
        if not 0 < len(known) <= _KINDS or len(tokens) < _SEVERAL:
            continue
        new, counts = np.unique(tokens[~np.isin(tokens, known)], return_counts=True)
        share = counts.sum() / len(tokens)
        if share >= _MANY:
            yield Finding(
                level=LOOK if feature.vocabulary or feature.descriptor else NOTE,
                about="drift",
                said=f"{feature.key}: {share:.0%} of its tokens in {held.split} are not among the {len(known):,} that "
                f"{train.split} has, such as {shown(new[np.argmax(counts)])}",
                advice="nothing was learned of them: ids that come and go do so; for anything else look what changed",
                weight=float(share),
            )


def _tokens(table: Table, feature: Feature) -> np.ndarray:
    """Each that is there: of a query once a request, of an item or a pair once a pair."""
    values = getattr(table.requests, feature.side)[feature.name]
    mask = getattr(table.requests, f"{feature.side}_mask")
    rows = np.flatnonzero(mask[:, table.schema.features_of(feature.side).index(feature)])
    own = column_take(values, rows)
    return own.values if isinstance(own, Ragged) else own
