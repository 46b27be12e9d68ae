"""A domain's experts: whose weights are whose, and how many."""

import numpy as np
import pytest

from mtmd_tf.experts import DomainExperts
from tests.mtmd_tf.layer_checks import assert_any_rows, assert_config_round_trip, assert_weights_round_trip, ramp

INPUTS = [ramp(5, 6), ramp(5, 3)]


def make(seed: int = 1, *, tasks: tuple[str, ...] = ("ctr", "gctr")) -> DomainExperts:
    return DomainExperts(tasks, deep_units=[4, 3], shallow_units=[2], seed=seed, name="experts")


def test_each_task_has_a_deep_and_a_shallow_expert_and_all_share_one():
    outputs = make()(*INPUTS)
    assert [list(output.shape) for output in outputs] == [[2, 5, 3], [1, 5, 3], [2, 5, 2]]


def test_deep_and_shared_experts_read_the_fields_and_shallow_ones_the_descriptors():
    layer = make()
    fields, descriptors = INPUTS
    usual, other_fields, other_descriptors = (
        layer(*INPUTS),
        layer(2 - fields, descriptors),
        layer(fields, 2 - descriptors),
    )
    np.testing.assert_array_equal(other_fields.shallow, usual.shallow)
    np.testing.assert_array_equal(other_descriptors.deep, usual.deep)
    np.testing.assert_array_equal(other_descriptors.task_shared, usual.task_shared)
    for changed, before in (
        (other_fields.deep, usual.deep),
        (other_fields.task_shared, usual.task_shared),
        (other_descriptors.shallow, usual.shallow),
    ):
        assert np.abs(changed - before).max() > 0.01


def test_another_task_leaves_the_others_initial_weights_unchanged():
    two, three = make()(*INPUTS), make(tasks=("octr", "ctr", "gctr"))(*INPUTS)
    np.testing.assert_allclose(three.deep[1:], two.deep, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(three.task_shared, two.task_shared, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(three.shallow[1:], two.shallow, rtol=1e-5, atol=1e-6)


def test_without_shallow_layers_there_are_no_shallow_experts():
    layer = DomainExperts(["ctr", "gctr"], deep_units=[4, 3], shallow_units=[])
    outputs = layer(*INPUTS)
    assert outputs.shallow.shape == [2, 5, 0]
    assert not [weight.name for weight in layer.weights if "shallow" in weight.name]
    assert_any_rows(layer, *INPUTS, axis=0, out_axis=1)


def test_shallow_outputs_start_small():
    shallow = make()(*INPUTS).shallow
    assert np.abs(shallow).max() <= 0.1  # two normalized units are at most 1 in size, and the last gain is 0.1


def test_parameters():
    layer = make()
    layer(*INPUTS)
    # (inputs + bias + gain + shift) * units: deep ones (6 + 3) * 4 + (4 + 3) * 3 = 57, shallow ones (3 + 3) * 2 = 12
    assert layer.count_params() == 3 * 57 + 2 * 12


def test_any_number_of_rows():
    assert_any_rows(make(), *INPUTS, axis=0, out_axis=1)


def test_config_round_trip():
    assert_config_round_trip(make(), *INPUTS)


def test_weights_round_trip(tmp_path):
    assert_weights_round_trip(make, *INPUTS, folder=tmp_path)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([ramp(5, 3, 2), ramp(5, 3)], r"fields must have rank 2, got rank 3 with shape \[5, 3, 2\]"),
        ([ramp(5, 6), ramp(5)], r"descriptors must have rank 2, got rank 1 with shape \[5\]"),
    ],
)
def test_a_wrong_rank_is_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        make()(*inputs)
