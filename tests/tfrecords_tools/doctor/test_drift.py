"""What a split has that another has not: of a query feature, by request."""

import numpy as np

from tests.tfrecords_tools.doctor.ward import REQUESTS, table
from tfrecords_tools.doctor.drift import examine


def _moved(change) -> list[str]:
    found = examine(table(), table(change), {})
    return [each.said for each in found if "lie elsewhere" in each.said]


def test_one_long_list_does_not_move_the_features_of_its_request() -> None:
    def one_long_list(data) -> None:
        data["lengths"] = np.append(np.ones(REQUESTS - 1, np.int64), 4 * REQUESTS - (REQUESTS - 1))

    assert _moved(one_long_list) == []


def test_requests_of_another_country_have_moved() -> None:
    def other(data) -> None:
        data["query"]["country"] = np.full(REQUESTS, b"us", object)

    (said,) = _moved(other)
    assert said.startswith("query/country: 6")  # two of three had another
