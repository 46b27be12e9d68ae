import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.simulation.statistics.moments import Moments

COLUMNS = ("clicks", "impressions")
ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=30)


def moments(rows, users=None) -> Moments:
    return Moments.of(np.array(rows, float), columns=COLUMNS, users=users)


def equal(left: Moments, right: Moments) -> bool:
    return left.users == right.users and all(
        np.allclose(getattr(left, name), getattr(right, name), atol=1e-12) for name in ("mean", "covariance", "active")
    )


def test_by_hand():
    found = moments([[1.0, 2.0], [3.0, 6.0]])
    assert found.mean.tolist() == [2.0, 4.0]
    assert found.covariance.tolist() == [[2.0, 4.0], [4.0, 8.0]]
    assert found.active.tolist() == [2, 2]
    assert found.total("impressions") == 8.0


@settings(deadline=None)
@given(ROWS, st.integers(0, 20))
def test_users_without_a_row_count_as_rows_of_zeros(rows, idle):
    assert equal(moments(rows, users=len(rows) + idle), moments(rows + [(0, 0)] * idle))


@settings(deadline=None)
@given(ROWS, ROWS)
def test_moments_of_two_groups_add_up_to_those_of_all(some, others):
    assert equal(moments(some) + moments(others), moments(some + others))


@settings(deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_users_does_not_matter(rows, random):
    assert equal(moments(random.sample(rows, len(rows))), moments(rows))


def test_one_user_has_no_covariance():
    with pytest.raises(ValueError, match="users must be 2 or more and no fewer than the 1 rows, got 1"):
        moments([[1.0, 2.0]])


def test_other_columns_do_not_add_up():
    other = Moments.of(np.ones((2, 1)), columns=("clicks",))
    with pytest.raises(ValueError, match=r"columns differ: \('clicks', 'impressions'\) and \('clicks',\)"):
        moments([[1.0, 2.0], [3.0, 6.0]]) + other
