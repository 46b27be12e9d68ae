"""Tokens that a vocabulary does not know, and tokens that share a row of a hashed table."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.hashing import hashed_rows
from tfrecords_tools.printable import shown
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature

_UNKNOWN, _MOSTLY_UNKNOWN = 0.05, 0.5
_HIDDEN = 0.1
_ROOM = 10  # buckets a token, in which 1 of 20 meets another by chance
_EMPTY_TABLE = 20  # rows a distinct token, above which a table is mostly memory


def examine(table: Table) -> Iterator[Finding]:
    """Feature by feature, over the pairs that have it."""
    for feature in table.schema.features:
        if feature.kind not in ("categorical", "ragged"):
            continue
        values, present = table.column(feature)
        tokens = values.values if isinstance(values, Ragged) else values[present]
        if not len(tokens):
            continue
        distinct, counts = np.unique(tokens, return_counts=True)
        yield from _unknown(feature, distinct, counts) if feature.vocabulary else _shared(feature, distinct, counts)


def _unknown(feature: Feature, distinct: np.ndarray, counts: np.ndarray) -> Iterator[Finding]:
    known = {token.encode() if isinstance(token, str) else token for token in feature.vocabulary or ()}
    outside = np.array([token not in known for token in distinct.tolist()])
    share = counts[outside].sum() / counts.sum()
    if share < _UNKNOWN:
        return
    frequent = distinct[outside][np.argsort(-counts[outside])[:3]].tolist()
    yield Finding(
        level=SERIOUS if share >= _MOSTLY_UNKNOWN else LOOK,
        about="tokens",
        said=f"{share:.0%} of the tokens of {feature.key} are not in its vocabulary, such as "
        + ", ".join(map(shown, frequent)),
        advice="they share one row: add the frequent ones, or use hash_buckets; look for case, blanks and other codes",
        weight=float(share),
    )


def _shared(feature: Feature, distinct: np.ndarray, counts: np.ndarray) -> Iterator[Finding]:
    """Of hashed tokens, those that a model takes for a more frequent one; few tokens can meet too."""
    buckets = feature.hash_buckets or 1
    seen = f"{len(distinct):,} different tokens of {feature.key} were seen"
    order = np.argsort(-counts, kind="stable")
    first = _first_of_row(distinct[order], buckets)
    hidden = np.flatnonzero(first != np.arange(len(first)))  # the most frequent one before the others
    tokens, of_all = len(hidden) / len(first), counts[order][hidden].sum() / counts.sum()
    share = max(tokens, of_all)
    if share >= _HIDDEN:
        one, other = distinct[order[hidden[0]]], distinct[order[first[hidden[0]]]]
        yield Finding(
            level=LOOK,
            about="tokens",
            said=f"{seen}; in {buckets:,} hash buckets {tokens:.0%} of them ({of_all:.0%} of all values) share one "
            f"with a more frequent one, such as {shown(one)} with {shown(other)}",
            advice=f"a vocabulary, or {_enough(distinct, buckets):,} buckets or so, for what must be told apart",
            weight=float(share),
        )
    elif buckets > _EMPTY_TABLE * len(distinct) and buckets > 10_000:
        yield Finding(
            level=NOTE,
            about="tokens",
            said=f"{seen}, and it has {buckets:,} hash buckets",
            advice="most rows will stay as they were made: fewer buckets save memory",
        )


def _first_of_row(tokens: np.ndarray, buckets: int) -> np.ndarray:
    """`[tokens]`: for each, the index of the first that has its row of a table."""
    rows = hashed_rows(tf.constant(tokens), buckets=buckets).numpy()
    _, first, row = np.unique(rows, return_index=True, return_inverse=True)
    return first[row]


def _enough(tokens: np.ndarray, buckets: int) -> int:
    """Twice as many buckets, or ten a token, doubled until hardly any of these tokens share one."""
    buckets = max(2 * buckets, _ROOM * len(tokens))
    while len(np.unique(_first_of_row(tokens, buckets))) <= (1 - _HIDDEN / 2) * len(tokens):
        buckets *= 2
    return buckets
