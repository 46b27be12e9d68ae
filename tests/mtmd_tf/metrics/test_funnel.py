"""The funnel: by hand, against SciPy, in any number of batches."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from mtmd_tf.metrics import Funnel, FunnelRow


def _funnel(
    label: list[float],
    score: list[float],
    *,
    request: list[int] | None = None,
    tops: tuple[int, ...] = (2,),
    cuts: tuple[int, ...] = (2,),
    surface: list[int] | None = None,
) -> Funnel:
    pairs = len(label)
    funnel = Funnel(surfaces=("home", "search"), tasks=("ctr",), tops=tops, cuts=cuts)
    funnel.update(
        request=np.zeros(pairs, int) if request is None else np.array(request),
        surface=np.zeros(pairs, int) if surface is None else np.array(surface),
        label={"ctr": np.array(label)},
        score={"ctr": np.array(score)},
    )
    return funnel


def _row(funnel: Funnel, surface: str = "home") -> FunnelRow:
    return next(row for row in funnel.rows() if row.surface == surface)


def _random(requests: int, *, seed: int = 0, ties: bool = False) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    row = np.repeat(np.arange(requests), rng.integers(1, 9, requests))
    label = rng.integers(1, 5, len(row)) / 5 if ties else rng.random(len(row))
    score = label + rng.normal(0, 0.3, len(row))
    return {
        "request": row,
        "surface": rng.integers(0, 2, requests)[row],
        "label": {"ctr": label},
        "score": {"ctr": np.round(score, 1) if ties else score},
    }


def test_half_of_the_top_two_survives() -> None:
    row = _row(_funnel([0.4, 0.3, 0.2, 0.1], [4.0, 1.0, 3.0, 2.0]))  # kept: .4 and .2
    assert (row.requests, row.recall, row.recall_by_chance) == (1, 0.5, 0.5)
    np.testing.assert_allclose([row.score_loss, row.score_loss_by_chance], [1 - 0.6 / 0.7, 1 - 0.5 / 0.7])


def test_a_perfect_order_loses_nothing() -> None:
    row = _row(_funnel([0.4, 0.3, 0.2], [-1.0, -2.0, -3.0]))
    assert (row.recall, row.score_loss, row.rank_correlation) == (1.0, 0.0, pytest.approx(1.0))


def test_a_reversed_order_has_rank_correlation_minus_one() -> None:
    assert _row(_funnel([0.1, 0.2, 0.3], [3.0, 2.0, 1.0])).rank_correlation == pytest.approx(-1.0)


def test_equal_scores_are_a_random_order() -> None:
    row = _row(_funnel([0.4, 0.3, 0.2, 0.1], [1.0] * 4))
    assert row.recall == row.recall_by_chance == 0.5
    assert row.score_loss == pytest.approx(row.score_loss_by_chance)
    assert (row.ranked_requests, row.rank_correlation) == (1, 0.0)


def test_equal_labels_rank_nothing() -> None:
    row = _row(_funnel([0.2, 0.2, 0.2], [1.0, 2.0, 3.0]))
    assert (row.ranked_requests, row.rank_correlation) == (0, None)


def test_requests_that_the_cut_does_not_touch_are_not_counted() -> None:
    row = _row(_funnel([0.4, 0.3, 0.2, 0.9, 0.1], [1.0, 2.0, 3.0, 1.0, 2.0], request=[0, 0, 0, 1, 1]))
    assert (row.requests, row.recall) == (1, 0.5)


def test_a_pair_without_a_label_is_left_out() -> None:
    with_nan = _funnel([0.4, np.nan, 0.3, 0.2], [1.0, 9.0, 3.0, 2.0])
    without = _funnel([0.4, 0.3, 0.2], [1.0, 3.0, 2.0])
    assert with_nan.rows() == without.rows()


def test_the_top_of_a_small_request_is_all_of_it() -> None:
    assert _row(_funnel([0.4, 0.3, 0.2], [3.0, 2.0, 1.0], tops=(5,))).recall == pytest.approx(2 / 3)


def test_surfaces_are_apart_and_all_is_their_requests_together() -> None:
    funnel = _funnel(
        [0.4, 0.3, 0.2] * 2,
        [3.0, 2.0, 1.0, 1.0, 2.0, 3.0],
        request=[0, 0, 0, 1, 1, 1],
        surface=[0, 0, 0, 1, 1, 1],
        tops=(1,),
    )
    assert [(row.surface, row.requests, row.recall) for row in funnel.rows()] == [
        ("home", 1, 1.0),
        ("search", 1, 0.0),
        ("all", 2, 0.5),
    ]


def test_the_order_of_candidates_does_not_matter() -> None:
    batch, order = _random(30, ties=True), np.random.default_rng(1)
    shuffled = order.permutation(len(batch["request"]))
    first, second = (Funnel(surfaces=("home", "search"), tasks=("ctr",), tops=(1, 2), cuts=(1, 3)) for _ in range(2))
    first.update(**batch)
    second.update(
        request=batch["request"][shuffled],
        surface=batch["surface"][shuffled],
        label={"ctr": batch["label"]["ctr"][shuffled]},
        score={"ctr": batch["score"]["ctr"][shuffled]},
    )
    for one, other in zip(first.rows(), second.rows(), strict=True):
        np.testing.assert_allclose(
            [one.recall, one.score_loss, one.rank_correlation],
            [other.recall, other.score_loss, other.rank_correlation],
            rtol=1e-10,
        )


def test_rank_correlation_agrees_with_scipy_with_ties() -> None:
    batch = _random(60, ties=True)
    funnel = Funnel(surfaces=("home", "search"), tasks=("ctr",))
    funnel.update(**batch)
    expected = []
    for request in range(60):
        at = batch["request"] == request
        label, score = batch["label"]["ctr"][at], batch["score"]["ctr"][at]
        if len(set(label)) > 1:
            expected.append(spearmanr(label, score).statistic if len(set(score)) > 1 else 0.0)
    row = _row(funnel, "all")
    assert row.ranked_requests == len(expected)
    np.testing.assert_allclose(row.rank_correlation, np.mean(expected), rtol=1e-10)


def test_recall_agrees_with_sorting_each_request() -> None:
    batch = _random(60)
    funnel = Funnel(surfaces=("home", "search"), tasks=("ctr",), tops=(2,), cuts=(3,))
    funnel.update(**batch)
    recalls = []
    for request in range(60):
        at = np.flatnonzero(batch["request"] == request)
        if len(at) > 3:
            best = set(at[np.argsort(-batch["label"]["ctr"][at])[:2]])
            kept = set(at[np.argsort(-batch["score"]["ctr"][at])[:3]])
            recalls.append(len(best & kept) / 2)
    np.testing.assert_allclose(_row(funnel, "all").recall, np.mean(recalls), rtol=1e-12)


def test_seven_batches_are_the_same_as_one() -> None:
    batch = _random(70)
    whole, parts = (Funnel(surfaces=("home", "search"), tasks=("ctr",), tops=(1, 2), cuts=(1, 3)) for _ in range(2))
    whole.update(**batch)
    for requests in np.array_split(np.arange(70), 7):
        at = np.isin(batch["request"], requests)
        parts.update(
            request=batch["request"][at],
            surface=batch["surface"][at],
            label={"ctr": batch["label"]["ctr"][at]},
            score={"ctr": batch["score"]["ctr"][at]},
        )
    for one, other in zip(whole.rows(), parts.rows(), strict=True):
        assert one.requests == other.requests > 0
        np.testing.assert_allclose(
            [one.recall, one.score_loss, one.rank_correlation],
            [other.recall, other.score_loss, other.rank_correlation],
            rtol=1e-10,
        )


def test_an_empty_batch_has_no_requests() -> None:
    assert _row(_funnel([], [])).requests == 0


def test_refuses_a_score_that_is_nan() -> None:
    with pytest.raises(ValueError, match="score/ctr is NaN for 1 labeled pairs"):
        _funnel([0.1, 0.2], [np.nan, 1.0])


def test_refuses_a_cut_of_none() -> None:
    with pytest.raises(ValueError, match=r"tops and cuts must be 1 or more; got \[2\] and \[0\]"):
        _funnel([0.1], [1.0], cuts=(0,))


def test_refuses_an_unknown_surface() -> None:
    with pytest.raises(ValueError, match="surface indices must be 0 to 1; got 2 to 2"):
        _funnel([0.1], [1.0], surface=[2])


def test_a_products_own_candidates_compete_on_its_line() -> None:
    funnel = Funnel(surfaces=("home",), products=("standard", "shopping"), tasks=("ctr",), tops=(1,), cuts=(1,))
    funnel.update(
        request=np.zeros(4, int),
        surface=np.zeros(4, int),
        product=np.array([0, 0, 1, 1]),
        label={"ctr": np.array([0.4, 0.3, 0.2, 0.1])},
        score={"ctr": np.array([2.0, 1.0, 3.0, 4.0])},  # right among standard, wrong among shopping and over all
    )
    found = {(row.surface, row.product): row for row in funnel.rows()}
    recall = {place: (row.recall, row.recall_by_chance) for place, row in found.items() if place[0] == "home"}
    assert recall == {("home", "standard"): (1, 0.5), ("home", "shopping"): (0, 0.5), ("home", "all"): (0, 0.25)}
    assert found["all", "shopping"].score_loss == pytest.approx(0.5)
    assert found["home", "standard"].rank_correlation == pytest.approx(1.0)


def test_refuses_an_unknown_product() -> None:
    funnel = Funnel(surfaces=("home",), products=("standard",), tasks=("ctr",))
    one, zero = np.ones(1, int), np.zeros(1, int)
    with pytest.raises(ValueError, match="product indices must be 0 to 0; got 1 to 1"):
        funnel.update(request=zero, surface=zero, product=one, label={}, score={"ctr": np.zeros(1)})


def _with_events(event: list[float]) -> FunnelRow:
    funnel = Funnel(surfaces=("home",), tasks=("ctr",), tops=(1,), cuts=(2,))
    funnel.update(
        request=np.zeros(5, int),
        surface=np.zeros(5, int),
        label={"ctr": np.array([0.4, 0.3, 0.2, 0.1, np.nan])},
        score={"ctr": np.array([4.0, 1.0, 3.0, 2.0, 9.0])},  # kept: the first and the third
        event={"ctr": np.array(event)},
    )
    return _row(funnel)


def test_two_of_three_events_are_among_the_two_kept() -> None:
    row = _with_events([1.0, 1.0, 1.0, 0.0, 1.0])  # the last has no label, so it is no candidate
    assert (row.events, row.hit_rate) == (3, pytest.approx(2 / 3))
    assert row.hit_rate_by_chance == 0.5


def test_events_that_nobody_observed_are_no_hits() -> None:
    assert _with_events([np.nan, -1.0, 1.0, 0.0, 0.0]).events == 1
    row = _with_events([np.nan, -1.0, 0.0, 0.0, 0.0])
    assert (row.events, row.hit_rate, row.hit_rate_by_chance) == (0, None, None)


def test_values_such_as_ecpm_may_be_above_1_and_must_not_be_negative() -> None:
    def funnel(*value: float) -> Funnel:
        made = Funnel(surfaces=("home",), tasks=("ctr",), tops=(1,), cuts=(1,), probabilities=False)
        label, score = {"ctr": np.array(value)}, {"ctr": np.array([-np.inf, 0.0])}
        made.update(request=np.zeros(2, int), surface=np.zeros(2, int), label=label, score=score)
        return made

    row = _row(funnel(3.0, 2.0))
    assert (row.recall, row.score_loss) == (0.0, pytest.approx(1 / 3))
    with pytest.raises(ValueError, match=r"label/ctr must be finite and at least 0, or NaN; got -1.0 to 2.0"):
        funnel(-1.0, 2.0)
