"""Progressive extraction: a level by hand, and whose experts a task can reach."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.mmoe import MixtureOfExperts
from mtmd_tf.architectures.ple import ExtractionLevel, ProgressiveExtraction
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

TASKS = ("ctr", "gctr")
ROWS = ramp(5, 6)


def level(seed: int = 1, *, last: bool = False) -> ExtractionLevel:
    return ExtractionLevel(TASKS, task_experts=2, shared_experts=1, units=(4,), last=last, seed=seed)


def make(seed: int = 1, *, levels: int = 2, task_experts: int = 1, shared_experts: int = 1) -> ProgressiveExtraction:
    return ProgressiveExtraction(
        TASKS,
        levels=levels,
        task_experts=task_experts,
        shared_experts=shared_experts,
        units=(4, 3),
        head_units=(2,),
        seed=seed,
    )


def test_a_level_by_hand():
    layer = ExtractionLevel(TASKS, task_experts=1, shared_experts=1, units=())  # experts that say what they read
    own, shared = tf.constant([[[1.0]], [[2.0]]]), tf.constant([[[10.0]]])
    layer(own, shared)
    assign(
        layer,
        {
            "gates/last/kernel": tf.zeros([2, 1, 2]),
            "gates/last/bias": [[[math.log(3.0), 0.0]], [[0.0, 0.0]]],  # ctr's own counts three times as much
            "shared_gate/last/kernel": tf.zeros([1, 1, 3]),
            "shared_gate/last/bias": [[[0.0, 0.0, math.log(2.0)]]],
        },
    )
    mixed, mixed_shared = layer(own, shared)
    np.testing.assert_allclose(mixed[:, 0, 0], [(3 * 1 + 10) / 4, (2 + 10) / 2], rtol=1e-6)
    np.testing.assert_allclose(mixed_shared, [[[(1 + 2 + 2 * 10) / 4]]], rtol=1e-6)


def reached(layer: ProgressiveExtraction, level: int, *, task: int) -> list[bool]:
    """Of which tasks' experts in a level the output of `task` depends on the weights."""
    layer(ROWS)
    [kernel] = [w for w in layer.weights if f"level_{level}/own_experts_0/linear_0/kernel" in w.name]
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(ROWS)[task] * ramp(5, 2))
    return np.any(tape.gradient(total, kernel) != 0.0, axis=(1, 2)).tolist()


def test_a_task_reaches_its_own_experts_alone_in_the_last_level_and_all_below_it():
    assert reached(make(), 1, task=0) == [True, False]
    assert reached(make(), 1, task=1) == [False, True]
    assert reached(make(), 0, task=0) == [True, True]
    assert reached(make(levels=1), 0, task=0) == [True, False]


def test_one_level_of_shared_experts_only_is_a_mixture_of_experts():
    layer = make(levels=1, task_experts=0, shared_experts=3)
    mixture = MixtureOfExperts(TASKS, experts=3, units=(4, 3), head_units=(2,), seed=2)
    wanted = mixture(ROWS)
    layer(ROWS)
    layer.set_weights(mixture.get_weights())
    np.testing.assert_allclose(layer(ROWS), wanted, rtol=1e-6)


def test_layers_are_divided_between_the_levels():
    layer = ProgressiveExtraction(TASKS, levels=2, task_experts=1, shared_experts=1, units=(5, 4, 3), head_units=(2,))
    layer(ROWS)
    shapes = {
        weight.name.partition("level_")[2].removesuffix("/kernel:0"): weight.shape.as_list()
        for weight in layer.weights
        if "shared_experts" in weight.name and "kernel" in weight.name
    }
    assert shapes == {
        "0/shared_experts/linear_0": [1, 6, 5],
        "1/shared_experts/linear_0": [1, 5, 4],
        "1/shared_experts/linear_1": [1, 4, 3],
    }


def test_more_levels_than_layers_are_refused():
    with pytest.raises(ValueError, match=r"3 levels cannot share 2 layers, \[4, 3\]; a level needs one\."):
        make(levels=3)


def test_any_number_of_rows():
    assert_any_rows(make(), ROWS, out_axis=1)
    assert_any_rows(level(), ramp(2, 5, 3), ramp(1, 5, 3), axis=1)


def test_config_round_trip():
    assert_config_round_trip(make(), ROWS)
    assert_config_round_trip(level(last=True), ramp(2, 5, 3), ramp(1, 5, 3))


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, ROWS, folder=tmp_path)


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"rows must have rank 2, got rank 3 with shape \[1, 5, 6\]"):
        make()(tf.reshape(ROWS, [1, 5, 6]))
    with pytest.raises(ValueError, match=r"shared must have rank 3, got rank 2 with shape \[5, 3\]"):
        level()(ramp(2, 5, 3), ramp(5, 3))
