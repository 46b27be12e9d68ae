import pytest

from mtmd_tf.simulation.statistics.holm import holm


def test_by_hand():
    """The least of three times 3, the next times 2, none below one before it; what was not tested does not count."""
    assert holm([0.03, None, 0.01, 0.04]) == [pytest.approx(0.06), None, pytest.approx(0.03), pytest.approx(0.06)]


def test_nothing_to_correct():
    assert holm([]) == []
    assert holm([None]) == [None]
