"""Settings are complete and checked."""

import dataclasses

import pytest

from mtmd_tf.config import (
    ConfigError,
    DistributionConfig,
    HeavyweightConfig,
    ModelConfig,
    TrainConfig,
)


@pytest.mark.parametrize("number", [float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_refused(number):
    with pytest.raises(ConfigError, match=r"TrainConfig\.learning_rate is -?inf; it must be a finite number\.$"):
        TrainConfig(learning_rate=number)


@pytest.mark.parametrize(
    ("config_class", "setting", "message"),
    [
        (ModelConfig, {"dim": 0}, r"ModelConfig\.dim is 0; it must be at least 1\."),
        (
            ModelConfig,
            {"dim": 15, "max_table_rows": 9},
            r"ModelConfig\.dim is 15; it must be even with max_table_rows=9, which splits each id's embedding in two",
        ),
        (ModelConfig, {"deep_units": (8, 0)}, r"ModelConfig\.deep_units is \(8, 0\); it must be at least 1\."),
        (ModelConfig, {"deep_units": ()}, r"ModelConfig\.deep_units is empty; give at least one number\."),
        (ModelConfig, {"deep_units": 8}, r"ModelConfig\.deep_units is 8; it must be of type tuple\."),
        (ModelConfig, {"dim": "16"}, r"ModelConfig\.dim is '16'; it must be of type int\."),
        (
            ModelConfig,
            {"composition": "mean"},
            r"ModelConfig\.composition is 'mean'; choose from \['sum', 'concat'\]\.",
        ),
        (
            ModelConfig,
            {"router_input": "x"},
            r"ModelConfig\.router_input is 'x'; choose from \['fields', 'experts'\]\.",
        ),
        (
            TrainConfig,
            {"learning_rate": float("nan")},
            r"TrainConfig\.learning_rate is nan; it must be at least 0\.0\.",
        ),
        (ModelConfig, {"normalization": "x"}, r"normalization is 'x'; choose from \['pre', 'post', 'none'\]\."),
        (ModelConfig, {"gate_activation": "x"}, r"gate_activation is 'x'; choose from \['sigmoid', 'relu'\]\."),
        (ModelConfig, {"crossing": 1}, r"ModelConfig\.crossing is 1; it must be of type bool\."),
        (
            ModelConfig,
            {"count_shallow": True},
            r"ModelConfig\.child_embedding is 32 and counts a shallow part of 64 \(the last of shallow_units\); it "
            r"must be at least 65\.",
        ),
        (TrainConfig, {"sample_share": 0.0}, r"TrainConfig\.sample_share is 0\.0; it must be above 0 and at most 1\."),
        (TrainConfig, {"sample_share": 1.5}, r"TrainConfig\.sample_share is 1\.5; it must be above 0 and at most 1\."),
        (TrainConfig, {"sample_share": float("nan")}, r"sample_share is nan; it must be above 0 and at most 1\."),
        (
            DistributionConfig,
            {"strategy": "parameter_server"},
            r"strategy is 'parameter_server'; there is none, .* or --strategy=multi_worker for more machines\.",
        ),
        (TrainConfig, {"batch_requests": -1}, r"TrainConfig\.batch_requests is -1; it must be at least 1\."),
    ],
)
def test_a_value_against_its_rule_is_refused(config_class, setting, message):
    with pytest.raises(ConfigError, match=message):
        config_class(**setting)


def test_a_whole_number_will_do_for_a_rate():
    assert TrainConfig(learning_rate=1).learning_rate == 1


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().dim = 3


@pytest.mark.parametrize("config_class", [ModelConfig, HeavyweightConfig, TrainConfig])
def test_every_setting_says_what_it_is(config_class):
    assert all(field.metadata["help"] for field in dataclasses.fields(config_class))
