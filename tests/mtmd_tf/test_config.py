"""Settings are complete, checked, and come back from their file; the defaults are the paper's numbers."""

import dataclasses

import pytest

from mtmd_tf import config
from mtmd_tf.config import ConfigError, HeavyweightConfig, ModelConfig, TaskConfig, TrainConfig
from tests.mtmd_tf.small import small_schema


def test_the_defaults_are_the_papers_numbers():
    paper = ModelConfig()
    assert paper.deep_units == (512, 256, 128, 128)
    assert paper.shallow_units == (128, 64)
    assert paper.router_units == (128, 64)
    assert (paper.root_embedding, paper.child_embedding, paper.leaky_slope) == (128, 32, 0.2)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"deep_units": (64, 32)},
            r"cross_projection is 32; the crossing of 32 units, .* is low-rank below that: lower",
        ),
        ({"deep_units": (64, 8), "composition": "concat"}, r"cross_projection is 32; the crossing of 24 units"),
        ({"architecture": "ple", "extraction_levels": 5}, r"extraction_levels is 5; .* it must be at most 4\.$"),
    ],
)
def test_layers_that_cannot_be_built_are_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(**setting)


@pytest.mark.parametrize("number", [float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_refused(number):
    with pytest.raises(ConfigError, match=r"TrainConfig\.learning_rate is -?inf; it must be a finite number\.$"):
        TrainConfig(learning_rate=number)


def test_layers_that_can_be_built_are_not():
    ModelConfig(deep_units=(64, 32), cross_projection=31)
    ModelConfig(deep_units=(64, 32), crossing=False)
    ModelConfig(deep_units=(64, 32), composition="concat")
    ModelConfig(deep_units=(64, 8), architecture="shared_bottom")
    ModelConfig(architecture="ple", extraction_levels=4)


@pytest.mark.parametrize("name", ["input_dropout", "dropout"])
def test_dropping_everything_is_refused(name):
    with pytest.raises(ConfigError, match=rf"HeavyweightConfig\.{name} is 1\.0; it must be below 1\."):
        HeavyweightConfig(**{name: 1.0})


def test_a_task_with_a_parent_gets_the_childs_size_and_weight():
    tasks = ModelConfig(root_embedding=8, child_embedding=4, root_loss_weight=3.0).task_configs(small_schema())
    assert tasks == (
        TaskConfig(name="ctr", embedding_dim=8, loss_weight=3.0),
        TaskConfig(name="gctr", embedding_dim=4, parent="ctr"),
        TaskConfig(name="octr", embedding_dim=4, parent="ctr"),
    )


@pytest.mark.parametrize(
    ("setting", "deep"),
    [
        ({}, [16, 8, 8]),
        ({"count_shallow": True}, [16 - 4, 8 - 4, 8 - 4]),
        ({"count_shallow": True, "shallow": False}, [16, 8, 8]),
        ({"count_shallow": True, "architecture": "mmoe"}, [16, 8, 8]),  # it has no shallow part
    ],
)
def test_a_shallow_part_that_is_counted_leaves_the_rest_to_the_deep_one(setting, deep):
    config = ModelConfig(root_embedding=16, child_embedding=8, shallow_units=(8, 4), **setting)
    assert [task.embedding_dim for task in config.task_configs(small_schema())] == deep


def test_some_tasks_can_be_chosen_in_the_schemas_order():
    tasks = ModelConfig(tasks=("octr", "ctr")).task_configs(small_schema())
    assert [task.name for task in tasks] == ["ctr", "octr"]


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (("ctr", "ctc"), r"no task 'ctc' in schema 'small'; it has \['ctr', 'gctr', 'octr'\]\."),
        (("octr",), r"task 'octr' needs its parent 'ctr'; the tasks are \['octr'\]\."),
    ],
)
def test_a_choice_of_tasks_that_cannot_be_is_refused(tasks, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(tasks=tasks).task_configs(small_schema())


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
    with pytest.raises(ConfigError, match=r"No field 'batchsize' in TrainConfig; it has \[.*'batch_requests'.*\]\."):
        config.build(TrainConfig, {"batchsize": 3})


@pytest.mark.parametrize(
    ("config_class", "setting", "message"),
    [
        (ModelConfig, {"dim": 0}, r"ModelConfig\.dim is 0; it must be at least 1\."),
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
        (TrainConfig, {"batch_requests": -1}, r"TrainConfig\.batch_requests is -1; it must be at least 1\."),
    ],
)
def test_a_value_against_its_rule_is_refused(config_class, setting, message):
    with pytest.raises(ConfigError, match=message):
        config.build(config_class, setting)


def test_a_whole_number_will_do_for_a_rate():
    assert TrainConfig(learning_rate=1).learning_rate == 1


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().dim = 3


@pytest.mark.parametrize("config_class", [ModelConfig, HeavyweightConfig, TrainConfig])
def test_every_setting_says_what_it_is(config_class):
    assert all(field.metadata["help"] for field in dataclasses.fields(config_class))
