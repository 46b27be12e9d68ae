"""Tests of mtmd_tf/benchmarks/tower_speed.py and all_experts_tower.py; times only have to be times."""

import pathlib

import numpy as np
import pytest

from mtmd_tf.benchmarks.tower_speed import OWN, WAYS, measure_tower, save_towers
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.warmup import warmup_inputs
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.loading import embed, load_quietly
from mtmd_tf.sharing import served
from tests.mtmd_tf.serving.world import small_model
from tests.tfrecords_tools.tiny import tiny_schema


@pytest.fixture(scope="module")
def model() -> TwoTowerModel:
    return small_model()


@pytest.fixture(scope="module")
def saved(model: TwoTowerModel, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    return save_towers(model, tmp_path_factory.mktemp("towers"))


def test_the_exports_of_all_experts_are_the_same_model(saved: dict[str, pathlib.Path]) -> None:
    towers = [load_quietly(folder) for folder in saved.values()]
    for signature, inputs in warmup_inputs(tiny_schema(), tower="query_tower", sample=sample_requests(tiny_schema())):
        if signature == "serving_default":  # one row, then eight, of both surfaces
            own, *others = (embed(tower, signature, inputs) for tower in towers)
            for other in others:
                np.testing.assert_allclose(own, other, atol=1e-5)


def test_every_way_is_called_as_often(model: TwoTowerModel, saved: dict[str, pathlib.Path]) -> None:
    speed = measure_tower(model, saved, surface="home", calls=10)
    assert {way: len(own) for way, own in speed.milliseconds.items()} == dict.fromkeys(WAYS, 10)
    assert 0 < speed.percentile(OWN, 50) <= speed.percentile(OWN, 99)
    own = [*served(model.query_tower.experts["home"]), *served(model.query_tower.domain_shared)]
    assert speed.active_bytes > 4 * sum(size for _, size in own)  # and the encoder's projection
    assert speed.floor == 1e3 * speed.active_bytes / speed.bandwidth
