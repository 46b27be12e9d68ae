"""The conclusions of the ladder, by figures made by hand."""

from mtmd_tf.experiments.ladder.conclusions import against_all
from mtmd_tf.experiments.measures.improvement import Improvement


def test_the_mean_over_several_others_has_an_interval_of_their_mean_length():
    found = against_all([Improvement(value=2.0, low=-1.0, high=5.0), Improvement(value=6.0, low=4.0, high=9.0)])
    assert found == Improvement(value=4.0, low=1.5, high=7.0)
    assert found.significantly_better
