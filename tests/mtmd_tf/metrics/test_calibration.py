"""Calibration curves by hand."""

import numpy as np

from mtmd_tf.metrics import CalibrationCurve, Slices

_SLICES = Slices(surfaces=("home", "search"), products=("standard",))


def _curve(log_odds: list[float], label: list[float], *, cell: list[int], weight: list[float] | None = None) -> list:
    z = np.array(log_odds)
    curve = CalibrationCurve(_SLICES, task="ctr", bins=4, limit=2.0)  # edges -2 -1 0 1 2
    curve.update(
        cell=np.array(cell),
        log_odds=z,
        probability=1 / (1 + np.exp(-z)),
        label=np.array(label),
        weight=np.ones(len(z)) if weight is None else np.array(weight),
    )
    return curve.rows()


def test_pairs_of_one_bin_are_averaged() -> None:
    point = _curve([0.0, 0.0], [0.2, 0.4], cell=[0, 0])[0]
    assert (point.low, point.high, point.pairs, point.probability) == (0.0, 1.0, 2, 0.5)
    np.testing.assert_allclose(point.label, 0.3)


def test_weights_count_in_the_means() -> None:
    point = _curve([0.0, 0.0], [0.2, 0.4], cell=[0, 0], weight=[3.0, 1.0])[0]
    np.testing.assert_allclose(point.label, 0.25)
    assert point.pairs == 2


def test_what_lies_beyond_is_in_the_bins_at_the_ends() -> None:
    points = _curve([-9.0, 9.0], [0.0, 1.0], cell=[0, 0])
    assert [(point.low, point.high) for point in points[:2]] == [(-2.0, -1.0), (1.0, 2.0)]


def test_roll_ups_hold_the_pairs_of_their_slices() -> None:
    points = {(point.surface, point.product): point.pairs for point in _curve([0.0] * 3, [0.1] * 3, cell=[0, 1, 1])}
    assert points == {
        ("home", "standard"): 1,
        ("home", "all"): 1,
        ("search", "standard"): 2,
        ("search", "all"): 2,
        ("all", "standard"): 3,
        ("all", "all"): 3,
    }
