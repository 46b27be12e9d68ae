"""The AUC of two scores of the same pairs, and how sure their difference is (paper section 3.1)."""

import dataclasses

import numpy as np
from scipy.special import ndtri

NORMAL_95 = float(ndtri(0.975))  # standard deviations from the mean to an end of a normal 95% interval


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairedAUC:
    """Two AUCs against the same events, and the 95% interval of their difference.

    Attributes:
        first: AUC of the first score.
        second: AUC of the second score.
        low: Lower end of the interval of `difference`.
        high: Upper end of the interval.
    """

    first: float
    second: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """First less second."""
        return self.first - self.second


def paired_auc(first: np.ndarray, second: np.ndarray, *, event: np.ndarray, request: np.ndarray) -> PairedAUC | None:
    """Compares two scores; None without a positive or without a negative.

    Each pair's share in an AUC is its placement among the pairs of the other class (DeLong 1988). Pairs of one request
    resemble each other, so the shares are summed by request before their variance is taken (Obuchowski 1997).

    Args:
        first: `[pairs]`, any increasing function of a probability.
        second: Scores of the second model, `[pairs]`.
        event: `[pairs]`, 1 or 0.
        request: `[pairs]`, the number of each pair's request, from 0.
    """
    happened = np.asarray(event) == 1
    if happened.all() or not happened.any():
        return None
    (auc_first, share_first), (auc_second, share_second) = (_auc(s, happened) for s in (first, second))
    by_request = np.bincount(request, weights=share_first - share_second)
    clusters = max(len(np.unique(request)), 2)
    reach = NORMAL_95 * float(np.sqrt((by_request**2).sum() * clusters / (clusters - 1)))
    difference = auc_first - auc_second
    return PairedAUC(first=auc_first, second=auc_second, low=difference - reach, high=difference + reach)


def _auc(score: np.ndarray, happened: np.ndarray) -> tuple[float, np.ndarray]:
    """The AUC, and each pair's share in its deviation from the truth."""
    positive, negative = np.sort(score[happened]), np.sort(score[~happened])
    beaten = _below(negative, score[happened]) / len(negative)
    beaten_by = 1.0 - _below(positive, score[~happened]) / len(positive)
    auc = float(beaten.mean())
    share = np.empty(len(score))
    share[happened] = (beaten - auc) / len(positive)
    share[~happened] = (beaten_by - auc) / len(negative)
    return auc, share


def _below(ordered: np.ndarray, score: np.ndarray) -> np.ndarray:
    """How many of `ordered` lie below each score; those equal to it count half."""
    return (np.searchsorted(ordered, score, side="left") + np.searchsorted(ordered, score, side="right")) / 2
