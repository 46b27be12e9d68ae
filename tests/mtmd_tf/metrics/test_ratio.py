"""Tests of mtmd_tf/metrics/ratio.py."""

from mtmd_tf.metrics.ratio import ratio


def test_nothing_has_no_share():
    assert (ratio(1.0, 4.0), ratio(0.0, 0.0)) == (0.25, None)
