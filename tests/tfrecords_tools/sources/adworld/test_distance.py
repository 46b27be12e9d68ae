import dataclasses

import numpy as np
import pytest

from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.behavior import conditional_probabilities
from tfrecords_tools.sources.adworld.build import observe
from tfrecords_tools.sources.adworld.distance import DISTANCES, Distance, distance_named
from tfrecords_tools.sources.adworld.pairs import Pairs
from tfrecords_tools.sources.adworld.world import World

NO_OWN_EFFECTS = Distance(surfaces=0.0, products=0.0)  # what moves a user is the same in every domain

SHARES = {"near": 0.009, "as_is": 0.12, "far": 0.50}  # as docs/reproduce.md says


def test_weights_move_around_their_mean():
    assert Distance(surfaces=2.0).weights([1.5, 0.4, 0.8]).tolist() == pytest.approx([2.1, -0.1, 0.7])
    assert Distance(surfaces=0.25).weights([1.0, 0.0]).tolist() == [0.625, 0.375]
    assert Distance().weights([0.1, 0.3, 0.7]).tolist() == [0.1, 0.3, 0.7]


def test_tastes_of_its_own_are_as_large_as_everybodys_and_half_the_surfaces():
    everybody = np.random.default_rng(0).normal(0.0, 0.3, (24, 100))
    own = Distance(own=1.0).tastes(0, "hour_appeal", everybody)
    assert own.std() == pytest.approx(0.3, rel=0.1)
    assert np.corrcoef(own[0, 0].ravel(), own[0, 1].ravel())[0, 1] == pytest.approx(0.5, abs=0.1)
    assert np.corrcoef(own[0, 0].ravel(), own[1, 1].ravel())[0, 1] == pytest.approx(0.0, abs=0.1)
    assert np.array_equal(Distance().tastes(0, "hour_appeal", everybody)[2, 1], everybody)


def test_a_slices_own_share_of_the_variance(world, blocks):
    apart = {name: _share_of_its_own(world, blocks, distance) for name, distance in DISTANCES.items()}
    assert apart == {name: pytest.approx(share, rel=0.15) for name, share in SHARES.items()}


def test_only_what_users_do_depends_on_the_distance(world):
    plain, far = next(observe(world)), next(observe(dataclasses.replace(world, distance=DISTANCES["far"])))
    assert not np.array_equal(plain.event["ctr"], far.event["ctr"])
    for field in ("request_id", "timestamp", "surface", "query_mask", "item_id", "item_mask", "cross_mask", "bid"):
        assert np.array_equal(getattr(plain, field), getattr(far, field)), field


def test_another_distance_is_refused_with_the_choices():
    with pytest.raises(DataError, match="domain_distance must be one of near, as_is, far; got 'close'"):
        distance_named("close")


def _share_of_its_own(world: World, blocks: list[Pairs], distance: Distance) -> float:
    """Share of the variance of ln odds of a click, within slices, that comes of what a domain has of its own."""
    everywhere, here = (_log_odds(world, blocks, each) for each in (NO_OWN_EFFECTS, distance))
    slices = np.concatenate([(2 * block.of_visit("surface") + block.of_ad("product")).ravel() for block in blocks])
    own = here - everywhere
    return float(np.mean([own[slices == index].var() / here[slices == index].var() for index in range(6)]))


def _log_odds(world: World, blocks: list[Pairs], distance: Distance) -> np.ndarray:
    moved = dataclasses.replace(world, distance=distance)
    click = [conditional_probabilities(dataclasses.replace(block, world=moved))["ctr"].ravel() for block in blocks]
    probability = np.concatenate(click)
    return np.log(probability) - np.log1p(-probability)
