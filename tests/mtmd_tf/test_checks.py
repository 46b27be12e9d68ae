"""Each check passes what it should and names the argument, the rule, what came and the choices."""

import types

import numpy as np
import pytest

from mtmd_tf import checks


def test_rank_passes():
    checks.require_rank(np.zeros([2, 3]), 2, name="mask")


def test_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"^fields must have rank 3, got rank 2 with shape \[2, 3\]\.$"):
        checks.require_rank(np.zeros([2, 3]), 3, name="fields")


def test_wrong_rank_of_a_tensor_with_an_unknown_batch_is_refused():
    import tensorflow as tf

    with pytest.raises(ValueError, match=r"^fields must have rank 3, got rank 2 with shape \[None, 4\]\.$"):
        checks.require_rank(tf.TensorSpec([None, 4]), 3, name="fields")


def test_an_unknown_static_rank_passes():
    checks.require_rank(types.SimpleNamespace(shape=types.SimpleNamespace(rank=None)), 3, name="fields")


def test_a_choice_comes_back():
    assert checks.require_choice("search", ("home_feed", "search"), what="surface") == "search"


def test_an_unknown_choice_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"^Unknown surface 'web'; it must be one of \['home_feed', 'search'\]\.$"):
        checks.require_choice("web", {"home_feed": 0, "search": 1}, what="surface")
