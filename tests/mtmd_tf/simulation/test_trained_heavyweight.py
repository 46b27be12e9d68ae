"""A network in the place of the heavyweight ranker."""

import dataclasses
import pathlib
import shutil

import numpy as np
import pytest

from mtmd_tf.config import ConfigError, HeavyweightConfig, SimulationConfig
from mtmd_tf.heavyweight.labels.origin import wider_data
from mtmd_tf.heavyweight.labels.tower_features import TowerFeatures
from mtmd_tf.serving.specification import RankerSpec
from mtmd_tf.simulation import trained_heavyweight
from mtmd_tf.simulation.pair_noise import PairNoise
from mtmd_tf.simulation.population import Population
from mtmd_tf.simulation.traffic import Traffic
from tests.mtmd_tf.simulation.exported import make_exported
from tests.mtmd_tf.simulation.world import small_world
from tfrecords_tools.cross_columns import copy_with_cross
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.schema import Schema

PLACES = np.arange(20, 32)
CANDIDATE = np.sort(np.random.default_rng(0).permuted(np.tile(np.arange(400), (12, 1)), axis=1)[:, :15], axis=1)


def test_errors_of_observation_belong_to_the_pair():
    whole, part = PairNoise(1, PLACES, CANDIDATE), PairNoise(1, PLACES[3:5], CANDIDATE[3:5])
    mean = np.full((12, 15), 2.0)
    for draw in (lambda own, n: own.normal(0.0, 0.1, (n, 15)), lambda own, n: own.poisson(mean[:n])):
        assert np.array_equal(draw(whole, 12)[3:5], draw(part, 2))
    assert not np.array_equal(whole.random((12, 15)), PairNoise(1, PLACES, CANDIDATE).random((12, 15)))
    assert PairNoise(1, PLACES, CANDIDATE).poisson(mean).mean() == pytest.approx(2.0, abs=0.4)


@pytest.mark.slow
def test_it_scores_what_the_platform_records(monkeypatch):
    from mtmd_tf.heavyweight.labels.labeler import Labeler
    from mtmd_tf.heavyweight.network.model import HeavyweightRanker
    from tfrecords_tools.sources.adworld.schema import SCHEMA

    ranker = HeavyweightRanker(SCHEMA, config=HeavyweightConfig(dim=2, units=(8,), members=1), seed=1)
    monkeypatch.setattr(trained_heavyweight, "labeler_of", lambda *_: Labeler(ranker, seen=()))
    monkeypatch.setattr(trained_heavyweight.DataSet, "open", lambda *_: None)
    traffic = Traffic(Population(small_world(), users=0), SimulationConfig(requests=120))
    heavyweight = trained_heavyweight.TrainedHeavyweight("run", "data", traffic, seed=1)
    day = traffic.day(1)
    found = heavyweight(day, PLACES, CANDIDATE)
    assert set(found) == {"ctr", "gctr", "cvr", "hide", "repin"}
    assert all(own.shape == CANDIDATE.shape and ((own > 0) & (own < 1)).all() for own in found.values())
    assert (found["gctr"] <= found["ctr"]).all()
    part = heavyweight(day, PLACES[3:5], CANDIDATE[3:5])
    assert np.allclose(part["ctr"], found["ctr"][3:5], atol=1e-6)


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> tuple[pathlib.Path, pathlib.Path]:
    """The run of a ranker that has the towers' logits as features, and their export, of all but the last day."""
    exported, folder = make_exported(tmp_path_factory.getbasetemp()), tmp_path_factory.mktemp("towers")
    shutil.copytree(exported.exports, folder / "export")
    *_, before, last = [*Manifest.load(exported.data).days("train"), *Manifest.load(exported.data).days("eval")]
    dataclasses.replace(RankerSpec.load(exported.exports), last_day=before).write(folder / "export")
    towers = TowerFeatures(folder / "export")
    own = {"features": towers.features, "compute": towers, "origin": towers.origin}
    copy_with_cross(exported.data, wider_data(folder / "run"), days=[last], **own)
    return folder / "run", folder / "export"


def test_a_ranker_with_features_of_towers_gets_them(learned, monkeypatch):
    run, export = learned
    seen = []
    monkeypatch.setattr(trained_heavyweight, "labeler_of", lambda run, data: lambda records: seen.extend(records) or {})
    traffic = Traffic(Population(small_world(), users=0), SimulationConfig(requests=120))
    heavyweight = trained_heavyweight.TrainedHeavyweight(str(run), "", traffic, seed=1, towers=str(export))
    day, pairs = traffic.day(1), CANDIDATE.size
    with pytest.raises(KeyError):  # this ranker says nothing
        heavyweight(day, PLACES, CANDIDATE)
    schema = Schema.load(wider_data(run))
    found = decode_requests(schema, seen, ())
    assert len(found.cross["tower_ctr"]) == pairs
    assert len(np.unique(found.cross["tower_ctr"])) > pairs // 2


def test_towers_are_named_where_a_ranker_has_them_and_nowhere_else(learned, tmp_path):
    run, export = learned
    for named, towers, rule in (
        (run, "", r"the towers \w+ are features of the ranker; say .*run:EXPORT"),
        (tmp_path / "plain", str(export), r"the ranker was made without --tower_features; say .*plain"),
    ):
        with pytest.raises(ConfigError, match=rule):
            trained_heavyweight.TrainedHeavyweight(str(named), "", None, seed=1, towers=towers)


def test_other_towers_than_the_rankers_are_refused(learned, tmp_path):
    run, export = learned
    shutil.copytree(export, tmp_path / "other")
    dataclasses.replace(RankerSpec.load(export), last_day="2025-03-02").write(tmp_path / "other")
    with pytest.raises(ConfigError, match=r"are of the towers (\w+), .*; this export is \1, up to 2025-03-02"):
        trained_heavyweight.TrainedHeavyweight(str(run), "", None, seed=1, towers=str(tmp_path / "other"))
