"""More users than the data set has."""

import numpy as np

from mtmd_tf.simulation.population import Population
from tests.mtmd_tf.simulation.world import small_world
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.observe_query import QueryObserver
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.visits import Block, visit

BLOCK = Block(day=7, part=0, parts=1, first=0, size=300)


def test_the_data_sets_own_users_are_as_they_are():
    world = small_world()
    population = Population(world, users=0)
    visits, histories = visit(world, BLOCK), population.histories(7)
    columns, mask = population.observe(visits, histories)
    wanted, wanted_mask = QueryObserver(world).observe(visits, History.before(world, 7))
    assert np.array_equal(mask, wanted_mask)
    assert all(np.array_equal(columns[name], own) for name, own in wanted.items() if isinstance(own, np.ndarray))


def test_more_users_come_after_them():
    world = small_world()
    own = len(world.users)
    population = Population(world, users=2 * own + 30)
    assert len(population.world.users) == 2 * own + 30
    assert np.array_equal(population.world.users.interest[:own], world.users.interest)
    assert not np.array_equal(population.world.users.interest[own : 2 * own], world.users.interest)
    visits, histories = visit(population.world, BLOCK), population.histories(7)
    history = population.history(histories)
    assert history.views.shape[0] == 2 * own + 30
    columns, mask = population.observe(visits, histories)
    assert columns["user_id"].tolist() == [f"u{user:06d}".encode() for user in visits.user]
    place = [feature.name for feature in SCHEMA.features_of("query")].index("account_age_days")
    assert np.array_equal(
        columns["account_age_days"][mask[:, place]],
        (np.floor(population.world.users.account_age[visits.user]) + 7).astype(np.float32)[mask[:, place]],
    )
