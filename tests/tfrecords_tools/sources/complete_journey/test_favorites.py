"""Tests of tfrecords_tools/sources/complete_journey/favorites.py."""

import numpy as np

from tfrecords_tools.sources.complete_journey.favorites import Favorites

# household, token, week
PURCHASES = np.array(
    [[7, 2, 1], [7, 2, 2], [7, 5, 2], [7, 3, 1], [7, 4, 1], [8, 9, 3], [7, 9, 4], [7, 9, 4], [7, 9, 4]]
)
FAVORITES = Favorites(*PURCHASES.T)


def tokens(households: list[int], week: int, **arguments) -> list[list[int]]:
    ragged = FAVORITES.top(np.array(households), week, **arguments)
    return [part.tolist() for part in np.split(ragged.values, np.cumsum(ragged.lengths)[:-1])]


def test_most_bought_first_then_most_recent_then_smallest():
    assert tokens([7], 3, size=9) == [[2, 5, 3, 4]]


def test_purchases_of_the_week_itself_do_not_count():
    assert tokens([7, 8], 3, size=1) == [[2], []]
    assert tokens([7, 8], 5, size=1) == [[9], [9]]


def test_size_limits_each_household():
    assert tokens([8, 7], 5, size=2) == [[9], [9, 2]]


def test_last_keeps_the_last_so_many_weeks():
    assert tokens([7], 3, size=9, last=1) == [[2, 5]]


def test_an_unknown_household_has_none():
    assert tokens([6, 7, 99], 2, size=9) == [[], [2, 3, 4], []]


def test_unknown_tokens_are_left_out():
    ragged = Favorites(np.array([7, 7]), np.array([-1, 3]), np.array([1, 1])).top(np.array([7]), 2, size=9)
    assert ragged.values.tolist() == [3]
