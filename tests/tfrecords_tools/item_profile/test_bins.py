"""Tests of tfrecords_tools/item_profile/bins.py."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfrecords_tools.item_profile import bins


def test_the_index_is_that_of_the_formula() -> None:
    # (0.75 - 0.25) * ln(0.75 / 0.25), twice; 1.5 and 0.5 of 2 with the half counts
    assert bins.psi(np.array([1, 0]), np.array([0, 1])) == pytest.approx(2 * 0.5 * math.log(3))
    assert bins.psi(np.array([5, 5, 0]), np.array([50, 50, 0])) == pytest.approx(0.0, abs=1e-3)


@given(counts=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=20))
def test_the_index_is_symmetric_and_never_negative(counts: list[tuple[int, int]]) -> None:
    before, after = np.array(counts).T
    assert bins.psi(before, after) == pytest.approx(bins.psi(after, before))
    assert bins.psi(before, after) >= 0


@given(numbers=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60))
def test_every_number_has_one_bin(numbers: list[float]) -> None:
    values = np.array(numbers, np.float32)
    edges = bins.edges_of(values)
    assert bins.number_counts(values, edges).sum() == len(values)
    assert len(edges) <= 9


def test_a_constant_that_became_another_moved() -> None:
    before, after = np.full(100, 3.0), np.full(100, 4.0)
    edges = bins.edges_of(before)
    assert edges == [3.0]
    counts = [bins.number_counts(values, edges) for values in (before, after)]
    assert [count.tolist() for count in counts] == [[0, 100, 0], [0, 0, 100]]
    assert bins.psi(*counts) > 10 > bins.by_chance(*counts)


def test_chance_alone_stays_below_its_bound() -> None:
    random = np.random.default_rng(0)
    passed = 0
    for _ in range(300):
        before, after = random.standard_normal(400), random.standard_normal(300)
        edges = bins.edges_of(before)
        counts = [bins.number_counts(values, edges) for values in (before, after)]
        passed += bins.psi(*counts) > bins.by_chance(*counts)
    assert passed <= 1


def test_frequent_tokens_have_bins_and_others_share_one() -> None:
    hashes = np.array([7, 7, 7, 5, 5, *range(100, 120)], np.uint64)
    tokens = bins.frequent(hashes)
    assert tokens[:3] == [7, 5, 100]
    assert bins.token_counts(hashes, tokens).tolist() == [3, 2, *[1] * 17, 3]
