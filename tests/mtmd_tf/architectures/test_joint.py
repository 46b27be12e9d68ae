import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import train
from export import publish
from mtmd_tf.architectures.joint import JointNetwork
from mtmd_tf.config import ConfigError, ModelConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training import runs
from mtmd_tf.training.parameter_counts import summary
from tests.mtmd_tf.architectures.test_trained import TRAIN
from tests.mtmd_tf.jobs.recipe import ended
from tests.mtmd_tf.layer_checks import assert_config_round_trip, assert_weights_round_trip, ramp
from tests.mtmd_tf.small import SMALL, small_batch, small_schema

JOINT = dataclasses.replace(SMALL, architecture="joint", head_units=(4,))
BIASES = [[1.0, 2.0], [3.0, 4.0]]
QUERY, ITEM = ramp(3, 5), tf.concat([ramp(3, 4), tf.one_hot([0, 1, 1], 2)], axis=1)


def make(seed: int = 1) -> JointNetwork:
    return JointNetwork(["ctr", "gctr"], units=[4], head_units=[3], rank=2, biases=BIASES, seed=seed)


def test_without_weights_a_logit_is_its_products_bias():
    layer = make()
    layer(QUERY, ITEM)
    for weight in layer.weights:
        if "biases" not in weight.name:
            weight.assign(tf.zeros_like(weight))
    np.testing.assert_allclose(layer(QUERY, ITEM), [[1.0, 3.0, 3.0], [2.0, 4.0, 4.0]])


def test_it_comes_back_from_its_config_and_from_disk(tmp_path):
    assert_config_round_trip(make(), QUERY, ITEM)
    assert_weights_round_trip(make, QUERY, ITEM, folder=tmp_path)


def test_no_rows_give_no_logits():
    assert make()(QUERY[:0], ITEM[:0]).shape == [2, 0]


def test_a_joint_model_starts_at_the_prior_and_keeps_the_constraint():
    model = TwoTowerModel(small_schema(), config=JOINT, prior={"standard": {"ctr": -3.0}, "shopping": {"ctr": 2.0}})
    batch = small_batch()
    before = model(batch)["ctr"].yes.numpy()
    by_product = [np.exp(before[batch.product.numpy() == product]).mean() for product in (0, 1)]
    assert by_product[0] < 0.2 < 0.7 < by_product[1]
    assert (model(batch)["gctr"].yes.numpy() <= before).all()


def test_every_weight_learns():
    model = TwoTowerModel(small_schema(), config=JOINT)
    batch = small_batch(40)
    model(batch)
    with tf.GradientTape() as tape:
        loss = model.compute_loss(batch, training=True)
    gradients = tape.gradient(loss, model.trainable_variables)
    assert [v.name for v, g in zip(model.trainable_variables, gradients, strict=True) if g is None] == []
    assert "joint network" in summary(model)


def test_it_is_not_exported(labeled, narrow, tmp_path):
    config = dataclasses.replace(narrow, architecture="joint", head_units=(4,))
    runs.claim(tmp_path / "run", DataSet.open(labeled), model=config, train=TRAIN)
    model = runs.new_model(tmp_path / "run")
    model.make_variables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "load_model", lambda run: model)
        with pytest.raises(ConfigError, match=r"was trained with --architecture=joint, .* it has no towers to export"):
            publish(tmp_path / "run", tmp_path / "exports")
    assert not (tmp_path / "exports").exists()


def test_what_needs_towers_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"retrieval_weight is 0\.5; it must be 0 with architecture='joint'"):
        ModelConfig(architecture="joint", retrieval_weight=0.5)
    flags = ["--architecture=joint", "--latency", f"--data={tmp_path}", f"--run={tmp_path / 'run'}"]
    result = ended(train, *flags)
    assert (result.returncode, result.stdout) == (1, "")
    assert "error: --latency times a query tower; --architecture=joint has none." in result.stderr
