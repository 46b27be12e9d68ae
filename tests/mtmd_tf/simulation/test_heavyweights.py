"""Arms with heavyweight rankers of their own."""

import types

import numpy as np

from mtmd_tf.config import SimulationConfig
from mtmd_tf.simulation import blocks
from mtmd_tf.simulation.heavyweights import Heavyweights
from mtmd_tf.simulation.population import Population
from mtmd_tf.simulation.simulate import simulate
from mtmd_tf.simulation.traffic import Traffic
from tests.mtmd_tf.simulation.test_simulate import read
from tests.mtmd_tf.simulation.world import small_plan, small_world

CANDIDATE = np.arange(8).reshape(4, 2)


def scaled(factor: float):
    """A ranker whose P(click) is a multiple of the truth and of the request's row."""
    return lambda day, rows, candidate, *, truth=None: {"ctr": factor * truth["ctr"] * rows[:, None]}


def test_each_request_is_scored_by_the_ranker_of_its_arm():
    """Arms 0 and 2 have the first ranker, arm 1 the second, which says ten times as much."""
    rankers = Heavyweights([scaled(1.0), scaled(10.0)], np.array([0, 1, 0]))
    truth = {"ctr": np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [3.0, 4.0]])}
    found = rankers(None, np.array([1, 2, 3, 4]), CANDIDATE, arm=np.array([0, 1, 2, 1]), truth=truth)
    assert found["ctr"].tolist() == [[1.0, 2.0], [20.0, 40.0], [3.0, 6.0], [120.0, 160.0]]


def test_arms_that_name_the_same_ranker_share_it():
    traffic = Traffic(Population(small_world(), users=0), SimulationConfig(requests=120))
    found = Heavyweights.of(["", "", ""], data="", traffic=traffic, config=SimulationConfig())
    assert len(found.each) == 1
    assert found.number.tolist() == [0, 0, 0]


def test_an_arms_recall_is_that_of_its_own_ranker(tmp_path, monkeypatch):
    """Both arms hand on the best by a ranker that likes ads by falling number; only one arm has it."""
    by_number = {"ctr": 0.5, "gctr": 0.0, "cvr": 0.5, "hide": 0.0, "repin": 0.0}

    def opened(texts, *, data, traffic, config):
        def backwards(day, rows, candidate, *, truth=None):
            return {task: np.where(candidate < 200, share, share / 1e6) for task, share in by_number.items()}

        noisy = Heavyweights.of([""], data="", traffic=traffic, config=config).each[0]
        return Heavyweights([noisy, backwards], np.array([int(text == "own") for text in texts]))

    monkeypatch.setattr(blocks, "Heavyweights", types.SimpleNamespace(of=opened))
    arms = ("oracle", "other=oracle;heavyweight=own", "chance=random;heavyweight=own")
    simulate(small_plan(*arms, worlds="two", pre_days=0, requests=200), tmp_path / "out")
    kept = read(tmp_path / "out")["stages"].query("stage == 'lightweight'").set_index("arm")["recall_10"]
    assert kept["oracle"] == kept["other"] == 1.0
    assert kept["chance"] < 0.6
    shown = read(tmp_path / "out")["users"].groupby("arm")["clicks"].sum()
    assert shown["oracle"] > shown["other"]
