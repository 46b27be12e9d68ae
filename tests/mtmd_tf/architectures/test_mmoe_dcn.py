"""Crossings by hand and beside those of TFRS; a mixture of them without crossings is a shared bottom."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_recommenders as tfrs

from mtmd_tf.architectures.mmoe_dcn import MixtureOfCrosses
from mtmd_tf.architectures.shared_bottom import SharedBottom
from mtmd_tf.crossing import Crosses
from mtmd_tf.layer_norm import LayerNorm
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
X0, X = tf.constant([[[1.0, 2.0]]]), tf.constant([[[3.0, 4.0]]])


def make(seed: int = 1, *, experts: int = 2, normalization: str = "pre") -> MixtureOfCrosses:
    options = {"gate_units": (3,), "normalization": normalization}
    return MixtureOfCrosses(TASKS, experts=experts, rank=2, **options, **SIZES, seed=seed)


def crosses(seed: int = 1, *, rank: int = 2) -> Crosses:
    return Crosses(["a", "b"], rank=rank, seed=seed)


def test_a_full_rank_crossing_by_hand():
    layer = Crosses(["only"])
    layer(X0, X)
    assign(layer, {"full/kernel": [[[1.0, 2.0], [0.0, 1.0]]], "full/bias": [[[1.0, 0.0]]]})
    # x W + b = [3 + 1, 6 + 4]; times x0: [4, 20]; plus x
    np.testing.assert_allclose(layer(X0, X), [[[7.0, 24.0]]])


def test_a_low_rank_crossing_by_hand():
    layer = Crosses(["only"], rank=1)
    layer(X0, X)
    assign(layer, {"down/kernel": [[[1.0], [1.0]]], "up/kernel": [[[1.0, 2.0]]], "up/bias": [[[0.0, 1.0]]]})
    # 3 + 4 = 7, spread to [7, 14 + 1]; times x0: [7, 30]; plus x
    np.testing.assert_allclose(layer(X0, X), [[[10.0, 34.0]]])


@pytest.mark.parametrize("rank", [0, 2])
def test_side_by_side_they_are_the_crossings_of_tfrs(rank):
    layer, rows = crosses(rank=rank), ramp(5, 4)
    outputs = layer(rows[None], rows[None])
    for copy in range(2):
        reference = tfrs.layers.dcn.Cross(projection_dim=rank or None)
        reference(rows, rows)
        kernels = [weight[copy] for weight in layer.weights if "kernel" in weight.name]
        reference.set_weights([*(kernel.numpy() for kernel in kernels), np.zeros(4)])
        np.testing.assert_allclose(outputs[copy], reference(rows, rows), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("normalization", ["pre", "post", "none"])
def test_one_expert_whose_crossings_add_nothing_is_a_shared_bottom_over_the_normalized_row(normalization):
    layer = make(experts=1, normalization=normalization)
    layer(ROWS)
    for weight in layer.weights:
        if "_rank/" in weight.name:
            weight.assign(tf.zeros_like(weight))
    rows = ROWS if normalization == "none" else LayerNorm()(ROWS[None])[0]
    wanted = SharedBottom(TASKS, **SIZES, normalization=normalization, seed=1)(rows)
    np.testing.assert_allclose(layer(ROWS), wanted, rtol=1e-5, atol=1e-6)


def test_its_gates_have_hidden_layers():
    layer = make()
    layer(ROWS)
    assert [w.shape.as_list() for w in layer.weights if "gates/hidden/linear_0/kernel" in w.name] == [[2, 6, 3]]


def test_any_number_of_rows():
    assert_any_rows(make(), ROWS, out_axis=1)
    assert_any_rows(crosses(), ramp(1, 5, 4), ramp(2, 5, 4), axis=1)


def test_config_round_trip():
    assert_config_round_trip(make(), ROWS)
    assert_config_round_trip(crosses(), ramp(1, 5, 4), ramp(2, 5, 4))


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, ROWS, folder=tmp_path)


def test_a_wrong_rank_is_refused():
    with pytest.raises(ValueError, match=r"rows must have rank 2, got rank 3 with shape \[1, 5, 6\]"):
        make()(tf.reshape(ROWS, [1, 5, 6]))
    with pytest.raises(ValueError, match=r"x must have rank 3, got rank 2 with shape \[5, 4\]"):
        crosses()(ramp(1, 5, 4), ramp(5, 4))
