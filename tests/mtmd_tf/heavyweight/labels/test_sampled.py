"""Tests of mtmd_tf/heavyweight/labels/sampled.py."""

import re

import pytest

from mtmd_tf.heavyweight.labels.sampled import of_a_sample


def test_records_without_weights_are_not_of_a_sample() -> None:
    assert of_a_sample(("event/ctr", "bid"), use_weights=False) == ()


@pytest.mark.parametrize("use_weights", [True, False])
def test_the_rate_of_all_impressions_follows_from_the_weight(use_weights: bool) -> None:
    (said,) = of_a_sample(("event/ctr", "weight"), use_weights=use_weights)
    assert ("--use_weights weighs the loss alone" in said) == use_weights
    formula = re.search(r"stands for (.*) of all impressions", said)
    assert formula
    # of 1,000 impressions 100 are clicked; one in nine of the others is kept, so that half of the log is clicked
    assert eval(formula[1], {"p": 100 / 200, "w": 9}) == pytest.approx(0.1)
