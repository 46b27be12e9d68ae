"""Pacing moves a factor by what was spent too early."""

import numpy as np
import pytest

from mtmd_tf.simulation.pacing import Pacer

BUDGET = np.array([[100, 100, 100]])


def test_the_factor_falls_where_spend_runs_ahead_and_recovers():
    pacer = Pacer("multiplicative", gain=4.0, shape=(1, 3))
    pacer.after(np.array([[30, 10, 0]]), BUDGET, traffic=0.1)
    assert pacer.factor[0] == pytest.approx([np.exp(-0.8), 1.0, 1.0])
    pacer.after(np.array([[0, 10, 10]]), BUDGET, traffic=0.1)
    assert pacer.factor[0] == pytest.approx([np.exp(-0.4), 1.0, 1.0])


def test_kinds_differ_in_what_the_factor_is_for():
    spent = np.array([[50, 0, 0]])
    multiplicative, throttle, none = (
        Pacer(kind, gain=4.0, shape=(1, 3)) for kind in ("multiplicative", "throttle", "none")
    )
    for pacer in (multiplicative, throttle, none):
        pacer.after(spent, BUDGET, traffic=0.1)
    assert multiplicative.bid_factor[0, 0] < 1
    assert multiplicative.participation is None
    assert throttle.bid_factor.tolist() == [[1, 1, 1]]
    assert throttle.participation[0, 0] < 1
    assert none.factor.tolist() == [[1, 1, 1]]
