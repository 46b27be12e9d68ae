"""Configurations come back from their file, by the names that they had."""

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


def test_a_renamed_setting_keeps_its_name_in_json(tmp_path):
    train = TrainConfig(eval_every=7, eval_requests=9)
    config.save(tmp_path / "config.json", train=train, heavyweight=HeavyweightConfig(bins=4))
    stored = config.load_all(tmp_path / "config.json")
    assert (stored["train"]["look_every"], stored["train"]["look_requests"]) == (7, 9)
    assert stored["heavyweight"]["pieces"] == 4
    assert "eval_every" not in stored["train"]
    assert config.load(tmp_path / "config.json", "train", TrainConfig) == train


def test_a_flag_says_a_renamed_setting_by_its_new_name_and_a_data_set_by_its_old_one():
    changed = HeavyweightConfig(bins=4), HeavyweightTrainConfig(eval_every=7)
    assert config.arguments(*changed) == ["--bins=4", "--eval_every=7"]
    stored = config.arguments(*changed, stored=True)
    assert stored == ["--pieces=4", "--look_every=7"]
    assert config.current(stored, HeavyweightConfig, HeavyweightTrainConfig) == ["--bins=4", "--eval_every=7"]
