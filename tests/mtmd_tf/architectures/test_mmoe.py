"""Shared bottom and mixture of experts: what one is to the other, and what a gate does."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.mmoe import MixtureOfExperts
from mtmd_tf.architectures.shared_bottom import SharedBottom
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

TASKS = ("ctr", "gctr")
SIZES = {"units": (4, 3), "head_units": (2,)}
ROWS = ramp(5, 6)


def bottom(seed: int = 1) -> SharedBottom:
    return SharedBottom(TASKS, **SIZES, seed=seed)


def mixture(seed: int = 1, *, experts: int = 3) -> MixtureOfExperts:
    return MixtureOfExperts(TASKS, experts=experts, **SIZES, seed=seed)


def test_a_mixture_of_one_expert_is_a_shared_bottom():
    np.testing.assert_allclose(mixture(experts=1)(ROWS), bottom()(ROWS), rtol=1e-6)


def test_each_task_has_a_head_of_its_own():
    outputs = bottom()(ROWS).numpy()
    assert outputs.shape == (2, 5, 2)
    assert np.all(np.any(outputs[0] != outputs[1], axis=1))


def test_a_gate_that_is_sure_of_an_expert_leaves_the_task_that_expert():
    layer = mixture()
    layer(ROWS)
    assign(layer, {"gates/last/bias": [[[50.0, 0.0, 0.0]], [[0.0, 50.0, 0.0]]]})
    outputs = layer(ROWS)
    np.testing.assert_allclose(outputs[0], bottom()(ROWS)[0], rtol=1e-5, atol=1e-6)
    assert np.max(np.abs(outputs[1] - bottom()(ROWS)[1])) > 0.01


def test_experts_that_agree_are_heard_in_full_whatever_the_gates():
    layer, one = mixture(), bottom()
    layer(ROWS)
    one(ROWS)
    kernels = [weight.numpy() for weight in one.weights if "/bottom/" in weight.name and "kernel" in weight.name]
    assign(layer, {f"experts/linear_{i}/kernel": np.repeat(kernel, 3, axis=0) for i, kernel in enumerate(kernels)})
    assign(layer, {"gates/last/bias": [[[3.0, 0.0, -2.0]], [[0.0, 1.0, 2.0]]]})
    np.testing.assert_allclose(layer(ROWS), one(ROWS), rtol=1e-5, atol=1e-6)


def test_a_gate_reads_the_row():
    layer = mixture()
    layer(ROWS)
    weights = layer._gates.weights_of(ROWS).numpy()
    np.testing.assert_allclose(weights.sum(axis=2), np.ones((2, 5)), rtol=1e-6)
    assert np.ptp(weights, axis=1).min() > 0


@pytest.mark.parametrize("make", [bottom, mixture])
def test_any_number_of_rows(make):
    assert_any_rows(make(), ROWS, out_axis=1)


@pytest.mark.parametrize("make", [bottom, mixture])
def test_config_round_trip(make):
    assert_config_round_trip(make(), ROWS)


@pytest.mark.parametrize("make", [bottom, mixture])
def test_weights_round_trip(make, tmp_path):
    assert_weights_round_trip(make, ROWS, folder=tmp_path)


@pytest.mark.parametrize("make", [bottom, mixture])
def test_a_wrong_rank_is_refused(make):
    with pytest.raises(ValueError, match=r"rows must have rank 2, got rank 3 with shape \[1, 5, 6\]"):
        make()(tf.reshape(ROWS, [1, 5, 6]))
