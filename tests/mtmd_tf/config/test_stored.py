"""Tests of mtmd_tf/config/stored.py."""

import pytest

from mtmd_tf import config
from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, ModelConfig, TrainConfig


def test_a_file_gives_back_what_was_saved(tmp_path):
    model, train = (
        ModelConfig(deep_units=(8, 4), cross_projection=2, unconstrained_surfaces=("search",)),
        TrainConfig(epochs=3),
    )
    config.save(tmp_path / "config.json", model=model, train=train)
    assert config.load(tmp_path / "config.json", "model", ModelConfig) == model
    assert config.load(tmp_path / "config.json", "train", TrainConfig) == train


def test_another_configuration_of_a_file_is_answered_with_those_it_has(tmp_path):
    config.save(tmp_path / "config.json", model=ModelConfig())
    with pytest.raises(ConfigError, match=r"No configuration 'train' in .*config\.json; it has \['model'\]\."):
        config.load(tmp_path / "config.json", "train", TrainConfig)


def test_a_mistyped_field_is_answered_with_the_fields():
    with pytest.raises(ConfigError, match=r"^no field 'batchsize' in TrainConfig; it has \[.*'batch_requests'.*\]\."):
        config.build(TrainConfig, {"batchsize": 3})


def test_what_is_not_at_its_default_is_said_as_flags():
    assert config.arguments(HeavyweightConfig(bins=4), HeavyweightTrainConfig(eval_every=7)) == [
        "--bins=4",
        "--eval_every=7",
    ]
