"""Candidates of a request."""

import numpy as np

from mtmd_tf.simulation.retrieval import Retrieval
from tests.mtmd_tf.simulation.world import small_world
from tfrecords_tools.sources.adworld.visits import Block, visit

VISITS = visit(small_world(), Block(day=0, part=0, parts=1, first=0, size=150))


def test_candidates_are_distinct_and_do_not_depend_on_the_block():
    retrieval = Retrieval(small_world(), seed=2, candidates=50)
    whole = retrieval(VISITS, first=1_000)
    assert whole.shape == (150, 50)
    assert (np.diff(whole, axis=1) > 0).all()
    assert np.array_equal(retrieval(VISITS.take(np.arange(70, 90)), first=1_070), whole[70:90])


def test_it_finds_what_the_visit_is_about():
    world = small_world()
    found = Retrieval(world, seed=2, candidates=50)(VISITS, first=0)
    searches = np.flatnonzero(VISITS.surface == 1)
    near = np.einsum("rd,rcd->rc", VISITS.context[searches], world.ads.topic[found[searches]]).mean()
    assert near > 2 * (VISITS.context[searches] @ world.ads.topic.T).mean() + 0.1
