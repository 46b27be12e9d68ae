"""Which cuts a funnel is measured at."""

import pytest

from mtmd_tf.metrics import tops_and_cuts


@pytest.mark.parametrize(
    ("candidates", "tops", "cuts"),
    [
        (3.2, (1, 5), (1, 2, 5, 10, 20, 50)),
        (100, (1, 5), (1, 2, 5, 10, 20, 50)),
        (100.5, (1, 10, 50), (20, 50, 100)),
        (200, (1, 10, 50), (20, 50, 100)),
        (5_000, (1, 10, 50), (20, 50, 100, 200, 500)),
    ],
)
def test_cuts_follow_the_length_of_the_lists(candidates, tops, cuts):
    assert tops_and_cuts(candidates) == (tops, cuts)
