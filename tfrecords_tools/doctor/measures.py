"""How well one column alone tells another: AUC, rates of categories on the other half, rank correlation."""

import numpy as np
import pyarrow as pa

from tfrecords_tools.requests import Column, Ragged

_SHRINKAGE = 5.0  # pairs of the whole that a category's rate is mixed with


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """The chance that a positive's score, of `[rows]`, is above a negative's; ties count half; NaN without either."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    return float((rank[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def codes(tokens: np.ndarray) -> np.ndarray:
    """`[rows]` int, equal where tokens are equal."""
    return pa.array(tokens.tolist()).dictionary_encode().indices.to_numpy()


def row_codes(values: Column) -> np.ndarray:
    """`[rows]` int, equal where rows are: numbers, texts, vectors or lists."""
    if isinstance(values, Ragged):
        ends, tokens = np.cumsum(values.lengths).tolist(), values.values.tolist()
        return codes(np.array([repr(tokens[a:b]) for a, b in zip([0, *ends], ends, strict=False)], object))
    if values.ndim > 1:
        return codes(np.array([row.tobytes() for row in values], object))
    return codes(values)


def rates(code: np.ndarray, positive: np.ndarray, *, half: np.ndarray) -> np.ndarray:
    """`[rows]`: how often a row's category is positive in the other half of the rows, so that no row tells itself."""
    size, overall = int(code.max(initial=0)) + 1, positive.mean()
    found = np.empty(len(code))
    for mine in (half, ~half):
        other = ~mine
        hits = np.bincount(code[other], weights=positive[other], minlength=size)
        seen = np.bincount(code[other], minlength=size)
        found[mine] = ((hits + _SHRINKAGE * overall) / (seen + _SHRINKAGE))[code[mine]]
    return found


def rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Spearman's correlation of two `[rows]`; 0 where either is constant."""
    ranks = []
    for values in (left, right):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[place])
    spread = ranks[0].std() * ranks[1].std()
    return float(((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())).mean() / spread) if spread else 0.0


def distance(left: np.ndarray, right: np.ndarray) -> float:
    """Total variation, 0 to 1, between two samples of codes, `[rows]` each, less the expected sampling difference."""
    size = int(max(left.max(initial=0), right.max(initial=0))) + 1
    share = [np.bincount(codes, minlength=size) / max(len(codes), 1) for codes in (left, right)]
    both = (share[0] + share[1]) / 2
    noise = np.sqrt(2 / np.pi * both * (1 / max(len(left), 1) + 1 / max(len(right), 1))).sum() / 2
    return float(max(0.0, abs(share[0] - share[1]).sum() / 2 - noise))
