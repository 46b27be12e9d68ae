"""Tests of tfrecords_tools/sources/complete_journey/sampling.py."""

import numpy as np

from tfrecords_tools.sources.complete_journey.sampling import choose, in_share

HOUSEHOLDS = np.arange(2500)


def test_a_share_has_its_size():
    assert abs(in_share(HOUSEHOLDS, 0.3, seed=1).mean() - 0.3) < 0.03
    assert in_share(HOUSEHOLDS, 1.0, seed=1).all()


def test_a_larger_share_holds_a_smaller_one():
    small, large = in_share(HOUSEHOLDS, 0.1, seed=1), in_share(HOUSEHOLDS, 0.4, seed=1)
    assert not (small & ~large).any()


def test_another_seed_is_another_share():
    assert (in_share(HOUSEHOLDS, 0.5, seed=1) != in_share(HOUSEHOLDS, 0.5, seed=2)).any()


def test_a_sample_holds_no_number_twice():
    chosen = choose(np.full(1000, 9), 8, np.arange(1000), seed=0)
    assert all(len(set(row)) == 8 and set(row) <= set(range(9)) for row in chosen.tolist())


def test_a_small_population_is_taken_whole():
    chosen = choose(np.array([3, 0, 1]), 4, np.array([5, 6, 7]), seed=0)
    assert [sorted(row) for row in chosen.tolist()] == [[-1, 0, 1, 2], [-1, -1, -1, -1], [-1, -1, -1, 0]]


def test_every_number_is_as_likely():
    chosen = choose(np.full(20_000, 10), 3, np.arange(20_000), seed=0)
    share = np.bincount(chosen.reshape(-1), minlength=10) / 20_000
    np.testing.assert_allclose(share, 0.3, atol=0.015)  # over four standard errors


def test_a_row_does_not_depend_on_the_other_rows():
    together = choose(np.array([50, 60, 70]), 5, np.array([1, 2, 3]), seed=0)
    alone = choose(np.array([70]), 5, np.array([3]), seed=0)
    np.testing.assert_array_equal(together[2:], alone)
