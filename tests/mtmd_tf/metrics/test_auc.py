"""Streaming AUC: by hand, and within its stated bound of scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mtmd_tf.metrics.auc import StreamingAUC

_ONE = np.array([0])


def _fill(auc: StreamingAUC, log_odds: np.ndarray, event: np.ndarray, weight: np.ndarray | None = None) -> StreamingAUC:
    auc.update(
        cell=np.zeros(len(event), np.int64),
        log_odds=np.asarray(log_odds, float),
        event=np.asarray(event),
        weight=np.ones(len(event)) if weight is None else weight,
    )
    return auc


def _random(pairs: int = 5000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-3, 2, pairs)
    event = (rng.random(pairs) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return log_odds, event, rng.uniform(0.5, 2, pairs)


def test_three_of_four_pairs_in_order() -> None:
    assert _fill(StreamingAUC(cells=1), [1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1]).value(cells=_ONE) == 0.75


def test_a_tie_counts_half() -> None:
    assert _fill(StreamingAUC(cells=1), [1.0, 1.0], [0, 1]).value(cells=_ONE) == 0.5


def test_infinite_log_odds_are_counted_at_the_ends() -> None:
    assert _fill(StreamingAUC(cells=1), [-np.inf, 0.0, np.inf], [0, 1, 1]).value(cells=_ONE) == 1.0


@pytest.mark.parametrize("event", [[0, 0], [1, 1], []])
def test_one_class_has_no_auc(event: list[int]) -> None:
    auc = _fill(StreamingAUC(cells=1), np.zeros(len(event)), np.array(event, np.int64))
    assert auc.value(cells=_ONE) is None
    assert auc.value_and_bound(cells=_ONE)[1] is None


def test_agrees_with_scikit_learn_within_its_bound() -> None:
    log_odds, event, _ = _random()
    auc = _fill(StreamingAUC(cells=1), log_odds, event)
    bound = auc.value_and_bound(cells=_ONE)[1]
    assert bound < 3e-4
    assert abs(auc.value(cells=_ONE) - roc_auc_score(event, log_odds)) <= bound


def test_bound_holds_where_bins_are_far_too_wide() -> None:
    log_odds, event, _ = _random()
    auc = _fill(StreamingAUC(cells=1, bins=8), log_odds, event)
    exact = roc_auc_score(event, log_odds)
    assert 0 < abs(auc.value(cells=_ONE) - exact) <= auc.value_and_bound(cells=_ONE)[1]


def test_weighted_auc_agrees_with_scikit_learn() -> None:
    log_odds, event, weight = _random()
    auc = _fill(StreamingAUC(cells=1), log_odds, event, weight)
    exact = roc_auc_score(event, log_odds, sample_weight=weight)
    assert abs(auc.value(cells=_ONE) - exact) <= auc.value_and_bound(cells=_ONE)[1]


def test_cells_together_are_all_their_pairs() -> None:
    log_odds, event, weight = _random()
    apart = StreamingAUC(cells=2)
    apart.update(cell=np.arange(len(event)) % 2, log_odds=log_odds, event=event, weight=weight)
    together = _fill(StreamingAUC(cells=1), log_odds, event, weight)
    np.testing.assert_allclose(apart.value(cells=np.array([0, 1])), together.value(cells=_ONE), rtol=1e-12)
