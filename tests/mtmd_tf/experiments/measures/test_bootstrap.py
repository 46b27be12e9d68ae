import tracemalloc

import numpy as np
import pytest

from mtmd_tf.experiments.measures.bootstrap import bootstrap


def sums(*requests: float) -> np.ndarray:
    """One seed, one column."""
    return np.array(requests, np.float64)[None, :, None]


def test_the_improvement_is_of_the_sums_not_of_the_ratios():
    interval = bootstrap(sums(1.0, 2.0), sums(2.0, 8.0))
    assert interval.value[0] == pytest.approx(70.0)  # 1 - 3 / 10


def test_an_improvement_that_is_the_same_on_every_request_is_certain():
    interval = bootstrap(0.8 * sums(1.0, 5.0, 2.0), sums(1.0, 5.0, 2.0))
    assert [interval.low[0], interval.value[0], interval.high[0]] == pytest.approx([20.0] * 3)


def test_two_requests_give_three_possible_draws():
    """Of both twice: 0% with chance 1/4, both once: 25% with 1/2, the other twice: 50% with 1/4."""
    interval = bootstrap(sums(1.0, 0.5), sums(1.0, 1.0), draws=2000, confidence=0.6)
    assert (interval.low[0], interval.high[0]) == pytest.approx((0.0, 50.0))  # 20% and 80% are in the outer quarters
    interval = bootstrap(sums(1.0, 0.5), sums(1.0, 1.0), draws=2000, confidence=0.4)
    assert (interval.low[0], interval.high[0]) == pytest.approx((25.0, 25.0))  # 30% and 70% are in the middle half


def test_the_width_is_that_of_the_normal_approximation():
    requests = 4000
    random = np.random.default_rng(1)
    old, new = 1.0 + random.random(requests), 0.5 + random.random(requests)
    ratio = new.sum() / old.sum()
    error = 100.0 * np.std((new - ratio * old) / old.mean()) / np.sqrt(requests)  # delta method
    interval = bootstrap(sums(*new), sums(*old), draws=4000)
    assert interval.value[0] - interval.low[0] == pytest.approx(1.96 * error, rel=0.06)
    assert interval.high[0] - interval.value[0] == pytest.approx(1.96 * error, rel=0.06)


def test_what_both_models_find_hard_cancels_because_they_share_the_draw():
    hard = np.random.default_rng(0).lognormal(sigma=2.0, size=500)
    interval = bootstrap(sums(*(0.9 * hard)), sums(*hard))
    assert interval.high[0] - interval.low[0] < 1e-9


def test_the_seeds_of_each_model_are_drawn_apart():
    """Errors 1 and 3 of two trainings against 4 and 4: means of 1, 2 or 3, stretched to 2 - sqrt(2), 2, 2 + sqrt(2)."""
    new, old = np.array([[[1.0]], [[3.0]]]), np.array([[[4.0]], [[4.0]]])
    interval = bootstrap(new, old, draws=2000)
    assert (interval.low[0], interval.value[0], interval.high[0]) == pytest.approx((14.6447, 50.0, 85.3553), abs=1e-4)
    np.testing.assert_allclose(interval.by_seed[:, 0], [75.0, 25.0])


def test_what_three_seeds_move_is_stretched():
    """Errors 0.9, 1.0 and 1.1 against 2: one draw of 27 takes 1.1 thrice, sqrt(3/2) * 5% below the 50% of the mean."""
    new = np.array([0.9, 1.0, 1.1])[:, None, None]
    interval = bootstrap(new, np.full((3, 1, 1), 2.0), draws=20_000)
    assert (interval.low[0], interval.high[0]) == pytest.approx((50.0 - 6.1237, 50.0 + 6.1237), abs=1e-4)


def test_columns_are_independent_and_one_without_errors_is_nan():
    new = np.array([[[1.0, 0.0], [1.0, 0.0]]])
    old = np.array([[[2.0, 0.0], [2.0, 0.0]]])
    interval = bootstrap(new, old)
    assert interval.value[0] == interval.low[0] == 50.0
    assert np.isnan([interval.value[1], interval.low[1], interval.high[1]]).all()


def test_a_mean_of_columns_is_the_mean_of_their_improvements():
    """20% and 60% make 40%, not the 50% of the sums."""
    new, old = np.array([[[8.0, 12.0, 1.0]]]), np.array([[[10.0, 30.0, 9.0]]])
    interval = bootstrap(new, old, means=[[0, 1]])
    assert (interval.value[3], interval.by_seed[0, 3]) == pytest.approx((40.0, 40.0))


def test_a_mean_is_drawn_as_one():
    """What one column gains on a request the other loses there: the mean is certain although the columns are not."""
    new = np.array([[[0.5, 1.0], [1.0, 0.5]]])
    interval = bootstrap(new, np.ones((1, 2, 2)), means=[[0, 1]], draws=200)
    assert interval.high[0] - interval.low[0] > 10
    assert (interval.low[2], interval.high[2]) == pytest.approx((25.0, 25.0))


def test_a_draw_without_a_pair_of_a_column_is_left_out():
    """The second column has errors on one of two requests: a quarter of the draws does not take it."""
    new, old = np.array([[[1.0, 0.0], [1.0, 1.0]]]), np.array([[[2.0, 0.0], [2.0, 2.0]]])
    interval = bootstrap(new, old, draws=100)
    assert interval.low.tolist() == interval.high.tolist() == [50.0, 50.0]


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    random = np.random.default_rng(0)
    new, old = random.random((1, 50, 1)), random.random((1, 50, 1))
    one, same, other = (bootstrap(new, old, seed=seed).low[0] for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_memory_does_not_grow_with_the_draws():
    new = np.ones((1, 200_000, 1))
    tracemalloc.start()
    bootstrap(new, new, draws=60)  # 60 x 200,000 numbers at once would be 96 MB a copy
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6


@pytest.mark.parametrize("shape", [(1, 0, 1), (0, 2, 1), (2, 1)])
def test_a_wrong_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"must both be \[seeds, requests, columns\], none of them 0; got"):
        bootstrap(np.zeros(shape), np.zeros(shape))
