"""Tests of mtmd_tf/exporting/parity.py and sample.py."""

import dataclasses
import pathlib

import numpy as np
import pytest

from mtmd_tf.exporting.parity import TOLERANCE, check_parity
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.world import World, small_model
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.checks import check_requests


def folders(world: World) -> dict[str, pathlib.Path]:
    spec = RankerSpec.load(world.exports)
    return {tower: spec.tower_folder(world.exports, tower) for tower in ("query_tower", "item_tower")}


def test_the_towers_dot_product_is_the_models_logit_in_every_slice_and_task(world: World) -> None:
    sample = sample_requests(tiny_schema(), requests_per_surface=500, candidates_per_product=5)
    assert len(sample.item_id) == 10_000  # 2,500 in each slice
    found = check_parity(world.model, RankerSpec.load(world.exports), samples=[sample], **folders(world))
    assert set(found) == {
        ("home", "standard", "ctr"),
        ("home", "standard", "gctr"),
        ("home", "shopping", "ctr"),
        ("search", "standard", "ctr"),
        ("search", "standard", "gctr"),
        ("search", "shopping", "ctr"),
    }
    assert max(found.values()) <= TOLERANCE


def test_real_requests_can_be_the_sample(world: World) -> None:
    found = check_parity(world.model, RankerSpec.load(world.exports), samples=[tiny_requests()], **folders(world))
    assert ("search", "shopping", "ctr") in found


def test_another_model_is_refused_with_slice_task_and_difference(world: World) -> None:
    other = small_model()
    bias = next(v for v in other.item_tower.weights if v.name.endswith("shopping/embedding_ctr/bias:0"))
    bias.assign_add(0.5)
    with pytest.raises(ServingError, match=r"home x shopping, task ctr: logits differ by 0\.\d+, more than 1e-05"):
        check_parity(other, RankerSpec.load(world.exports), samples=[sample_requests(tiny_schema())], **folders(world))


def test_a_synthetic_sample_obeys_the_data_contract_and_holds_every_slice() -> None:
    sample = sample_requests(tiny_schema(), requests_per_surface=3, candidates_per_product=2)
    check_requests(tiny_schema(), sample)
    assert np.bincount(sample.surface).tolist() == [3, 3]
    assert np.bincount(sample.product).tolist() == [12, 12]


def test_a_synthetic_sample_has_the_datas_scale() -> None:
    statistics = {"query/age": {"mean": 500.0, "std": 1.0, "min": 499.0, "max": 501.0}}
    sample = sample_requests(tiny_schema(), statistics=statistics)
    ages = sample.query["age"][sample.query_mask[:, 1]]
    assert ages.min() >= 499
    assert ages.max() <= 501


def test_towers_and_linear_term_are_the_model_and_the_check_covers_the_term(world_with_term: World) -> None:
    spec, sample = RankerSpec.load(world_with_term.exports), sample_requests(tiny_schema(), requests_per_surface=200)
    assert 0 < sample.cross_mask[:, 0].mean() < 1
    found = check_parity(world_with_term.model, spec, samples=[sample], **folders(world_with_term))
    assert max(found.values()) <= TOLERANCE
    assert len(found) == 6
    seen = spec.score_features[0]
    other = dataclasses.replace(seen, missing=seen.missing | {"gctr": seen.missing["gctr"] + 0.01})
    with pytest.raises(ServingError, match=r"are not the model in home x standard, task gctr: logits differ by 0.0"):
        check_parity(
            world_with_term.model,
            dataclasses.replace(spec, score_features=(other,)),
            samples=[sample],
            **folders(world_with_term),
        )
