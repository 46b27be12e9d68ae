"""Pre-processing by hand: one row of numbers from fields, mask and domain."""

import math

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.fields import FlatFields
from tests.mtmd_tf.layer_checks import (
    assert_any_rows,
    assert_config_round_trip,
    assert_weights_round_trip,
    assign,
    ramp,
)

DOMAIN = tf.constant([1, 0, 1])
INPUTS = (tf.constant([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), ramp(3, 1, 4), ramp(3, 1), DOMAIN)


def make(seed: int = 1) -> FlatFields:
    return FlatFields(4, domains=2, seed=seed)


def test_present_and_missing_fields_the_mask_and_the_domain_by_hand():
    layer = FlatFields(1, domains=3)
    same = (tf.constant([[[3.0]], [[3.0]]]), tf.constant([[5.0], [5.0]]), tf.constant([2, 0]))
    layer(tf.ones([2, 2]), *same)
    assign(layer, {"direction": [[2.0]], "offset": [[1.0]], "defaults": [[7.0], [9.0]]})
    rows = layer(tf.constant([[1.0, 1.0], [0.0, 0.0]]), *same)
    number = 5.0 / math.sqrt(1.001) * 2.0 + 1.0  # moving mean 0, moving variance 1, epsilon 0.001
    np.testing.assert_allclose(
        rows, [[3.0, number, 1.0, 1.0, 0.0, 0.0, 1.0], [7.0, 9.0, 0.0, 0.0, 1.0, 0.0, 0.0]], rtol=1e-6
    )


def test_numbers_are_normalized_over_the_rows_of_all_domains_together():
    layer = FlatFields(1, domains=2)
    layer(tf.ones([2, 1]), tf.zeros([2, 0, 1]), tf.constant([[1.0], [3.0]]), tf.constant([0, 1]), training=True)
    [mean] = [weight for weight in layer.weights if "moving_mean" in weight.name]
    np.testing.assert_allclose(mean, [2.0])


def test_any_number_of_rows():
    assert_any_rows(make(), *INPUTS)


def test_config_round_trip():
    assert_config_round_trip(make(), *INPUTS)


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, *INPUTS, folder=tmp_path)


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (0, ramp(3), r"mask must have rank 2, got rank 1 with shape \[3\]"),
        (1, ramp(3, 4), r"embedded must have rank 3, got rank 2 with shape \[3, 4\]"),
        (3, tf.constant([[1, 0, 1]]), r"domain must have rank 1, got rank 2 with shape \[1, 3\]"),
    ],
)
def test_a_wrong_rank_is_refused(place, wrong, message):
    layer = make()
    layer(*INPUTS)
    with pytest.raises(ValueError, match=message):
        layer(*(wrong if each == place else right for each, right in enumerate(INPUTS)))
