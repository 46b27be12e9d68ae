import numpy as np

from mtmd_tf.experiments.measures.improvement import Improvement, reach

BETTER = Improvement(value=4.25, low=2.0, high=5.0, by_seed=(4.0, -4.5))


def test_it_shows_its_interval_and_its_seeds():
    assert f"{BETTER:.1f}" == "+4.2% [+2.0, +5.0]"
    assert f"{BETTER:seeds .1f}" == "+4.0, -4.5"


def test_it_is_sure_where_the_whole_interval_is():
    ends = [(0.1, 9.0), (0.0, 9.0), (-9.0, 0.0), (-9.0, -0.1)]
    found = [Improvement(value=0.0, low=low, high=high) for low, high in ends]
    assert [each.significantly_better for each in found] == [True, False, False, False]
    assert [each.significantly_worse for each in found] == [False, False, False, True]


def test_tables_keep_seven_digits():
    third = Improvement(value=100 / 3, low=0.0, high=200 / 3, by_seed=(100 / 3,)).short()
    assert third == Improvement(value=33.33333, low=0.0, high=66.66667, by_seed=(33.33333,))


def test_error_bars_reach_from_the_value_and_never_backwards():
    outside = Improvement(value=1.0, low=2.0, high=3.0)
    np.testing.assert_array_equal(reach([BETTER, outside]), [[2.25, 0.0], [0.75, 2.0]])
    assert reach([BETTER]).shape == (2, 1)
