"""Every layer comes back from its configuration, through JSON, with the same weights and outputs."""

import json
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.architectures.joint import FieldsOnly
from mtmd_tf.architectures.shared_bottom import SharedBottom
from mtmd_tf.architectures.tower import PlainTower
from mtmd_tf.domain_expert import DomainExpert
from mtmd_tf.features.fields import Encoder
from mtmd_tf.heavyweight.network.cross_products import CrossProducts
from mtmd_tf.heavyweight.network.inputs import SideInput
from mtmd_tf.heavyweight.network.piecewise_linear import PiecewiseLinearEncoding
from mtmd_tf.towers import Tower
from tests.mtmd_tf.golden_cases import ITEM, NAMES, QUERY, TASKS, batch, is_ours
from tests.mtmd_tf.layer_checks import ramp
from tests.mtmd_tf.small import SMALL
from tests.tfrecords_tools.tiny import tiny_schema

PRIOR = {"standard": {"ctr": -2.0, "gctr": -1.0}}
Case = tuple[Callable[[], tf.keras.layers.Layer], Callable[[], tuple]]


def plain_tower() -> PlainTower:
    network = SharedBottom(NAMES, units=[5], head_units=[4], seed=3, name="bottom")
    return PlainTower(ITEM, tasks=TASKS, network=network, dim=2, moments="running", prior=PRIOR, seed=5)


CASES: dict[str, Case] = {
    "CrossProducts": (lambda: CrossProducts(tiny_schema(), units=2), lambda: (batch(),)),
    "DomainExpert": (
        lambda: DomainExpert("standard", layout=ITEM, tasks=TASKS, config=SMALL, prior=PRIOR["standard"], seed=4),
        lambda: (ramp(3, 4, 4), ramp(3, 8)),
    ),
    "Encoder": (lambda: Encoder(ITEM, dim=3, seed=5), lambda: (batch().item,)),
    "FieldsOnly": (lambda: FieldsOnly(ITEM, dim=2, moments="running", seed=5), lambda: (batch().item, batch().product)),
    "PiecewiseLinearEncoding": (lambda: PiecewiseLinearEncoding(2, bins=3), lambda: (ramp(4, 2), tf.ones([4, 2]))),
    "PlainTower": (plain_tower, lambda: (batch().item, batch().product)),
    "SideInput": (lambda: SideInput(QUERY, dim=2, bins=3, seed=5), lambda: (batch().query,)),
    "Tower": (
        lambda: Tower(ITEM, tasks=TASKS, config=SMALL, prior=PRIOR, seed=5),
        lambda: (batch().item, batch().product),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_comes_back_from_json(name):
    make, inputs = CASES[name]
    layer, given = make(), inputs()
    again = tf.keras.layers.deserialize(json.loads(json.dumps(tf.keras.layers.serialize(layer))))
    assert type(again) is type(layer)
    assert type(layer).__name__ == name
    assert json.dumps(again.get_config()) == json.dumps(layer.get_config())
    for got, wanted in zip(tf.nest.flatten(again(*given)), tf.nest.flatten(layer(*given)), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert len(again.weights) == len(layer.weights) > 0
    for got, wanted in zip(again.weights, layer.weights, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_only_layers_whose_arguments_are_no_plain_values_have_a_configuration_of_their_own():
    own = {each.__name__ for each in _layers() if "get_config" in vars(each)}
    assert own == {*CASES} - {"PiecewiseLinearEncoding"} | {"MultiTask"}


def _layers(root: type = tf.keras.layers.Layer) -> list[type]:
    found = []
    for each in root.__subclasses__():
        if is_ours(each) and not issubclass(each, tf.keras.metrics.Metric | tf.keras.Model):
            found.append(each)
        found += _layers(each)
    return found
