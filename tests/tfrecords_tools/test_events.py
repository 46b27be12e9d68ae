"""Tests of tfrecords_tools/events.py."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.events import repair_events, without_parent
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Task

SCHEMA = dataclasses.replace(
    tiny_schema(), tasks=(Task(name="ctr"), Task(name="gctr", parent="ctr"), Task(name="long", parent="gctr"))
)
EVENTS = st.lists(st.sampled_from([1, 0, -1]), min_size=8, max_size=8).map(np.array)


def _requests(**event: np.ndarray) -> Requests:
    return dataclasses.replace(tiny_requests(), event=event)


def test_a_childs_event_without_its_parents_is_found() -> None:
    event = {"ctr": np.array([0, 1, 1, -1, 0, 0, 1, 0]), "gctr": np.array([1, 1, 0, 1, 0, -1, -1, 0])}
    found = without_parent(SCHEMA, _requests(**event))
    assert {task: np.flatnonzero(here).tolist() for task, here in found.items()} == {"gctr": [0, 3]}


def test_repaired_events_imply_their_parents_all_the_way_up() -> None:
    event = {"ctr": [0, 0, 1, -1], "gctr": [0, -1, 0, 1], "long": [1, 0, 0, 0]}
    requests = _requests(**{task: np.array([*column, 0, 0, 0, 0]) for task, column in event.items()})
    repaired, changed = repair_events(SCHEMA, requests)
    assert {task: column[:4].tolist() for task, column in repaired.event.items()} == {
        "ctr": [1, 0, 1, 1],
        "gctr": [1, -1, 0, 1],
        "long": [1, 0, 0, 0],
    }
    assert {task: np.flatnonzero(here).tolist() for task, here in changed.items()} == {"ctr": [0, 3], "gctr": [0]}
    assert requests.event["ctr"][0] == 0  # left as it came


def test_a_parent_without_a_column_needs_none() -> None:
    requests = _requests(long=np.ones(8, np.int64))
    assert without_parent(SCHEMA, requests) == {}
    assert repair_events(SCHEMA, requests)[1] == {}


@given(ctr=EVENTS, gctr=EVENTS, long=EVENTS)
def test_a_repair_leaves_no_orphan_and_takes_no_event(ctr: np.ndarray, gctr: np.ndarray, long: np.ndarray) -> None:
    requests = _requests(ctr=ctr, gctr=gctr, long=long)
    repaired, changed = repair_events(SCHEMA, requests)
    assert not any(here.any() for here in without_parent(SCHEMA, repaired).values())
    for task, column in repaired.event.items():
        before, where = requests.event[task], changed.get(task, np.zeros(8, bool))
        assert (column[~where] == before[~where]).all()
        assert (column[where] == 1).all()
    assert bool(changed) == any(here.any() for here in without_parent(SCHEMA, requests).values())
