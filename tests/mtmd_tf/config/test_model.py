"""The defaults are the paper's numbers; tasks and layers fit together."""

import pytest

from mtmd_tf.config import (
    ConfigError,
    ModelConfig,
    TaskConfig,
)
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


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"alignment": "rcr", "alignment_weight": 0.0}, r"alignment_weight is 0 with alignment='rcr'; .* above 0"),
        ({"alignment": "listnet"}, r"alignment is 'listnet'; choose from \['none', 'rcr', 'copr', 'recall'\]"),
        ({"alignment": "rcr", "list_candidates": 1}, r"list_candidates is 1 .* it must be 0, or at least 2"),
        ({"list_candidates": 8}, r"list_candidates is 8 with alignment='none'; it must be 0"),
        (
            {"alignment": "rcr", "list_candidates": 4, "list_own_best": 5},
            r"list_own_best is 5; it must be at most list_candidates, 4\.$",
        ),
    ],
)
def test_an_alignment_that_would_do_nothing_is_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(**setting)


def test_layers_that_can_be_built_are_not():
    ModelConfig(deep_units=(64, 32), cross_projection=31)
    ModelConfig(deep_units=(64, 32), crossing=False)
    ModelConfig(deep_units=(64, 32), composition="concat")
    ModelConfig(deep_units=(64, 8), architecture="shared_bottom")
    ModelConfig(architecture="ple", extraction_levels=4)


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
