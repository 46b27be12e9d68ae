"""Slices and their roll-ups."""

import numpy as np
import pytest

from mtmd_tf.metrics.slices import Slices

_SLICES = Slices(surfaces=("home", "search"), products=("standard", "shopping"))


def test_cells_are_numbered_with_the_product_innermost() -> None:
    found = _SLICES.number_of(surface=np.array([0, 0, 1, 1]), product=np.array([0, 1, 0, 1]))
    assert found.tolist() == [0, 1, 2, 3]


def test_views_hold_every_slice_and_roll_up() -> None:
    assert [(surface, product, cells.tolist()) for surface, product, cells in _SLICES.views()] == [
        ("home", "standard", [0]),
        ("home", "shopping", [1]),
        ("home", "all", [0, 1]),
        ("search", "standard", [2]),
        ("search", "shopping", [3]),
        ("search", "all", [2, 3]),
        ("all", "standard", [0, 2]),
        ("all", "shopping", [1, 3]),
        ("all", "all", [0, 1, 2, 3]),
    ]


def test_existing_takes_a_set_as_well_as_a_function() -> None:
    named = {("home", "standard", "octr"), ("search", "standard", "octr")}
    by_function = _SLICES.existing(task="octr", exists=lambda surface, product, task: product == "standard")
    assert _SLICES.existing(task="octr", exists=named).tolist() == by_function.tolist() == [True, False, True, False]


def test_refuses_an_index_without_a_name() -> None:
    with pytest.raises(ValueError, match=r"product indices must be 0 to 1, one of \['standard', .*; got 0 to 2"):
        _SLICES.number_of(surface=np.array([0, 0]), product=np.array([0, 2]))


def test_refuses_the_name_of_the_roll_up() -> None:
    with pytest.raises(ValueError, match="'all' is taken by the roll-up"):
        Slices(surfaces=("all",), products=("standard",))


def test_refuses_a_name_twice() -> None:
    with pytest.raises(ValueError, match=r"products must be named once each, at least one; got \['a', 'a'\]"):
        Slices(surfaces=("home",), products=("a", "a"))
