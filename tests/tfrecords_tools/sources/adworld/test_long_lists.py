import dataclasses

import numpy as np
import pytest

from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld import long_lists
from tfrecords_tools.sources.adworld.long_lists import retrieve
from tfrecords_tools.sources.adworld.names import SEARCH
from tfrecords_tools.sources.adworld.pairs import walk
from tfrecords_tools.sources.adworld.visits import Visits, blocks, visit
from tfrecords_tools.sources.adworld.world import World

COUNT = 150


@pytest.fixture(scope="module")
def visits(world) -> Visits:
    return visit(world, next(iter(blocks(world))))


@pytest.fixture(scope="module")
def chosen(world, visits) -> np.ndarray:
    return retrieve(world, visits, count=COUNT, first=0, day=0)


def test_candidates_are_distinct_ascending_ads(chosen, world, visits):
    assert chosen.shape == (len(visits), COUNT)
    assert (np.diff(chosen, axis=1) > 0).all()
    assert chosen.min() >= 0
    assert chosen.max() < len(world.ads)


@pytest.mark.parametrize("cut", [1, 77])
def test_a_requests_list_is_the_same_however_requests_are_cut_into_calls(chosen, world, visits, cut, monkeypatch):
    monkeypatch.setattr(long_lists, "_CELLS", 3 * len(world.ads))  # three requests at once
    parts = [(0, _rows(visits, 0, cut)), (cut, _rows(visits, cut, len(visits)))]
    again = [retrieve(world, part, count=COUNT, first=first, day=0) for first, part in parts]
    np.testing.assert_array_equal(np.concatenate(again), chosen)


def test_another_day_another_number_or_another_seed_gives_another_list(chosen, world, visits):
    few = _rows(visits, 0, 5)
    for other in (
        retrieve(world, few, count=COUNT, first=0, day=1),
        retrieve(world, few, count=COUNT, first=1, day=0),
        retrieve(dataclasses.replace(world, seed=2), few, count=COUNT, first=0, day=0),
    ):
        assert (other != chosen[:5]).any(axis=1).all()


def test_a_shorter_list_is_part_of_the_longer_one(chosen, world, visits):
    shorter = retrieve(world, visits, count=20, first=0, day=0)
    assert all(np.isin(short, longer).all() for short, longer in zip(shorter, chosen, strict=True))


def test_topic_terms_and_spend_are_over_represented_and_chance_reaches_every_ad(world, visits):
    short = retrieve(world, visits, count=20, first=0, day=0)
    interest = np.einsum("rd,rcd->rc", world.users.interest[visits.user], world.ads.topic[short])
    assert interest.mean() > (world.users.interest @ world.ads.topic.T).mean() + 0.2
    spend = world.ads.impressions * world.ads.bid
    assert spend[short].mean() > 1.3 * spend.mean()
    search = visits.surface == SEARCH
    terms = visits.query_terms[search][:, :, None]
    with_term = np.array([np.isin(world.ads.keywords, asked[asked >= 0]).any(axis=1) for asked in terms])
    found = np.take_along_axis(with_term, short[search], axis=1)
    assert found.mean() > 5 * with_term.mean()
    assert len(np.unique(short)) > 0.95 * len(world.ads)


def test_a_list_of_all_ads_is_all_ads(world, visits):
    every = retrieve(world, _rows(visits, 0, 2), count=len(world.ads), first=0, day=0)
    np.testing.assert_array_equal(every, np.tile(np.arange(len(world.ads)), (2, 1)))


@pytest.mark.parametrize("count", [0, 401])
def test_a_list_longer_than_the_world_is_refused(world, visits, count):
    with pytest.raises(DataError, match=rf"candidates must be 1 to 400 \(the ads of this world\), got {count}"):
        retrieve(world, visits, count=count, first=0, day=0)


def test_a_world_of_more_than_100_candidates_uses_long_lists_in_smaller_blocks():
    long = World.make(seed=1, requests=4_000, candidates=200, days=2)
    first = next(walk(long))
    assert len(first.visits) == 1_000  # 2,000 visits a day, and 2^18 / 200 = 1,310 at most in a block
    np.testing.assert_array_equal(first.candidate, retrieve(long, first.visits, count=200, first=0, day=0))
    short = next(walk(dataclasses.replace(long, candidates=100)))
    assert len(short.visits) == 2_000
    assert not (np.diff(short.candidate) > 0).all()  # of the other retrieval, in no order


def _rows(visits: Visits, start: int, stop: int) -> Visits:
    fields = {field.name: getattr(visits, field.name) for field in dataclasses.fields(visits) if field.name != "block"}
    return dataclasses.replace(visits, **{name: value[start:stop] for name, value in fields.items()})
