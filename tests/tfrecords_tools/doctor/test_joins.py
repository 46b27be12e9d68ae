"""An event that all candidates of a request have, or all rows of an item, was joined by too little."""

import numpy as np

from tests.tfrecords_tools.doctor.ward import CANDIDATES, table
from tfrecords_tools.doctor.finding import LOOK, SERIOUS
from tfrecords_tools.doctor.joins import _all_happened, _same, examine


def _found(change):
    return [(each.level, each.said) for each in examine(table(change))]


def test_an_event_joined_by_the_request_alone_is_found() -> None:
    def joined(data):
        data["event"]["ctr"] = (np.add.reduceat(data["event"]["ctr"], np.arange(0, 2400, 4)) > 0).repeat(4).astype(int)

    ((level, said),) = _found(joined)
    assert level == SERIOUS
    assert said.startswith("event/ctr is 1 for all candidates of a request or for none: so in ")


def test_an_event_joined_by_the_item_alone_is_found() -> None:
    def joined(data):
        data["event"]["ctr"] = np.isin(data["item_id"], [b"i%d" % n for n in range(0, 40, 2)]).astype(int)
        data["event"]["gctr"][:] = 0

    ((level, said),) = _found(joined)
    assert (level, said) == (SERIOUS, "event/ctr is 1 for all rows of an item or for none: so in 20 of 20 with one")


def test_a_label_joined_by_the_request_alone_is_found() -> None:
    def joined(data):
        data["label"]["ctr"] = np.linspace(0.1, 0.9, 600, dtype=np.float32).repeat(CANDIDATES)

    assert _found(joined) == [(LOOK, "label/ctr is the same for all candidates in 600 of 600 requests with several")]


def test_requests_that_are_all_positive_by_chance_are_no_finding() -> None:
    def frequent(data):
        data["event"]["ctr"] = (np.random.default_rng(5).random(2400) < 0.99).astype(int)
        data["event"]["gctr"][:] = 0

    assert _found(frequent) == []


def test_groups_are_counted() -> None:
    """Groups 0 (both positive), 1 (one of two), 2 (none), 3 (a single row): of two with a positive, one is all so."""
    group, positive = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([1, 1, 0, 1, 0, 0, 1], bool)
    happened, by_chance, of = _all_happened(group, positive)
    rate = 4 / 7
    assert (happened, of) == (1, 2)
    np.testing.assert_allclose(by_chance, 2 * rate**2 / (1 - (1 - rate) ** 2))
    assert _same(group, np.array([0.1, 0.1, 0.2, 0.3, 0.5, 0.5, 0.9])) == (2, 3)
    assert _same(np.zeros(0, int), np.zeros(0)) == (0, 0)
    assert _all_happened(np.zeros(0, int), np.zeros(0, bool)) == (0, 0.0, 0)
