"""Routing by hand-computed weights."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.routing import Router
from tests.mtmd_tf.layer_checks import assert_config_round_trip, assert_weights_round_trip, assign, ramp

EXPERTS = [tf.constant([[[3.0]]]), tf.constant([[[6.0]]])]


def make(seed: int = 1, *, composition: str = "sum", tasks: tuple[str, ...] = ("ctr", "gctr")) -> Router:
    return Router(tasks, experts=2, units=[4, 3], composition=composition, seed=seed, name="router")


def by_hand(composition: str) -> Router:
    """Weights 2/3 and 1/3 on every row: the last layer is its bias, ln 2 and 0."""
    router = make(composition=composition, tasks=("ctr",))
    router(tf.zeros([1, 2]), EXPERTS)
    assign(router, {"last/kernel": tf.zeros([1, 3, 2]), "last/bias": [[[math.log(2.0), 0.0]]]})
    return router


def test_the_weighted_sum_by_hand():
    np.testing.assert_allclose(by_hand("sum")(tf.zeros([1, 2]), EXPERTS), [[[2.0 + 2.0]]], rtol=1e-6)


def test_the_weighted_concatenation_by_hand():
    np.testing.assert_allclose(by_hand("concat")(tf.zeros([1, 2]), EXPERTS), [[[2.0, 2.0]]], rtol=1e-6)


def test_weights_are_positive_and_sum_to_one():
    weights = make().weights_of(ramp(5, 6))
    assert weights.shape == [2, 5, 2]
    assert np.min(weights) > 0
    np.testing.assert_allclose(tf.reduce_sum(weights, axis=2), np.ones([2, 5]), rtol=1e-6)


def test_every_expert_counts_about_the_same_at_first():
    np.testing.assert_allclose(make().weights_of(ramp(5, 6)), np.full([2, 5, 2], 0.5), atol=0.1)


def test_each_task_may_have_its_own_input():
    router = make()
    inputs = ramp(2, 5, 6)
    together = router.weights_of(inputs)
    np.testing.assert_allclose(together[1], router.weights_of(inputs[1])[1], rtol=1e-5)


def test_an_expert_that_all_tasks_share_is_given_once():
    router = make()
    shared, own = ramp(1, 5, 3), ramp(2, 5, 3)
    once = router(ramp(5, 6), [own, shared])
    twice = router(ramp(5, 6), [own, tf.repeat(shared, 2, axis=0)])
    np.testing.assert_allclose(once, twice, rtol=1e-6)


def test_any_number_of_rows():
    router = make()

    @tf.function(input_signature=[tf.TensorSpec([None, 6]), tf.TensorSpec([2, None, 3]), tf.TensorSpec([1, None, 3])])
    def route(inputs, own, shared):
        return router(inputs, [own, shared])

    arguments = ramp(5, 6), ramp(2, 5, 3), ramp(1, 5, 3)
    np.testing.assert_allclose(route(*arguments), router(arguments[0], arguments[1:]), rtol=1e-5, atol=1e-6)
    assert route(tf.zeros([0, 6]), tf.zeros([2, 0, 3]), tf.zeros([1, 0, 3])).shape == [2, 0, 3]


@pytest.mark.parametrize("composition", ["sum", "concat"])
def test_config_round_trip(composition):
    assert_config_round_trip(make(composition=composition), ramp(5, 6), [ramp(2, 5, 3), ramp(1, 5, 3)])


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, ramp(5, 6), [ramp(2, 5, 3), ramp(1, 5, 3)], folder=tmp_path)


def test_another_number_of_experts_is_refused():
    with pytest.raises(ValueError, match=r"router: made for 2 experts, got 3\."):
        make()(ramp(5, 6), [ramp(2, 5, 3)] * 3)


def test_an_unknown_composition_is_answered_with_the_choices():
    with pytest.raises(ValueError, match=r"Unknown composition 'mean'; it must be one of \['sum', 'concat'\]\."):
        make(composition="mean")


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"linear_0: rows must have rank 2 or 3, got rank 1 with shape \(6,\)"):
        make()(ramp(6), EXPERTS)
