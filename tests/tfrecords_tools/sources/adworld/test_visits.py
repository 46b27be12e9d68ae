import dataclasses
import itertools

import numpy as np

from tfrecords_tools.partition import SECONDS_A_DAY
from tfrecords_tools.sources.adworld.names import HOME_FEED, SEARCH, SURFACES
from tfrecords_tools.sources.adworld.visits import BLOCK, blocks, visit


def test_blocks_cover_the_visits_in_day_order(world):
    made = list(blocks(dataclasses.replace(world, requests=3 * BLOCK + 10, days=2)))
    assert [(block.day, block.part, block.parts) for block in made] == [(0, 0, 2), (0, 1, 2), (1, 0, 2), (1, 1, 2)]
    assert made[0].first == 0
    assert all(after.first == before.first + before.size for before, after in itertools.pairwise(made))
    assert made[-1].first + made[-1].size == 3 * BLOCK + 10
    assert max(block.size for block in made) <= BLOCK


def test_a_block_can_be_drawn_without_those_before_it(world):
    last = list(blocks(world))[-1]
    first_call, second_call = visit(world, last), visit(world, last)
    assert (first_call.user == second_call.user).all()
    assert (first_call.second // SECONDS_A_DAY == first_call.second[0] // SECONDS_A_DAY).all()


def test_the_first_day_is_a_saturday(blocks):
    assert set(blocks[0].visits.weekday.tolist()) == {5}


def test_every_surface_is_visited_and_only_search_has_terms(blocks):
    surface = np.concatenate([pairs.visits.surface for pairs in blocks])
    terms = np.concatenate([pairs.visits.query_terms for pairs in blocks])
    assert (np.bincount(surface, minlength=len(SURFACES)) / len(surface) > 0.15).all()
    assert ((terms >= 0).any(axis=1) == (surface == SEARCH)).all()


def test_the_home_feed_has_no_context(blocks):
    visits = blocks[0].visits
    length = np.linalg.norm(visits.context, axis=1)
    np.testing.assert_allclose(length, np.where(visits.surface == HOME_FEED, 0.0, 1.0), atol=1e-12)
