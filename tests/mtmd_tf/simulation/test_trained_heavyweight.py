"""A network in the place of the heavyweight ranker."""

import numpy as np
import pytest

from mtmd_tf.config import HeavyweightConfig, SimulationConfig
from mtmd_tf.simulation.pair_noise import PairNoise
from mtmd_tf.simulation.population import Population
from mtmd_tf.simulation.traffic import Traffic
from tests.mtmd_tf.simulation.world import small_world

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
    from mtmd_tf.simulation import trained_heavyweight
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
