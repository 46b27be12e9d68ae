"""Categories of the query whose values do not come again are found."""

import dataclasses

import numpy as np

from tests.tfrecords_tools.doctor.ward import REQUESTS, table
from tfrecords_tools.doctor.unrepeated import examine


def _own(data) -> None:
    data["query"]["country"] = np.array([b"session %d" % n for n in range(REQUESTS)], object)


def test_a_value_of_its_own_in_each_request_teaches_nothing() -> None:
    train = table(_own)
    (found,) = examine(train)
    requests = len(train.requests.request_id)
    assert found.said == f"query/country has {requests} values in {requests} requests: hardly one comes again"


def test_values_that_come_again_or_a_part_of_the_split_say_nothing() -> None:
    def twice(data):
        data["query"]["country"] = np.array([b"session %d" % (n // 2) for n in range(REQUESTS)], object)

    def hardly_there(data):
        _own(data)
        data["query_mask"] = data["query_mask"].copy()
        data["query_mask"][100:, 0] = False

    assert list(examine(table(twice))) == []
    assert list(examine(table(hardly_there))) == []
    assert list(examine(dataclasses.replace(table(_own), whole=False))) == []
