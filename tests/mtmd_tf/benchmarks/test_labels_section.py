import sys

import pytest

from mtmd_tf.benchmarks import labels_section
from tests.mtmd_tf.heavyweight.labels.test_labeling import MODEL, TRAIN


@pytest.mark.slow
def test_labels_and_trees_are_timed_whole(labeled) -> None:
    ours, theirs = labels_section.measure(labeled, model=MODEL, train=TRAIN)
    assert ours.value > 0
    assert theirs.value > 0
    assert theirs.note.endswith("three kinds of trees a task with 31 leaves, and scores, once")


@pytest.mark.slow
def test_without_lightgbm_the_table_says_so(labeled, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    *_, theirs = labels_section.measure(labeled, model=MODEL, train=TRAIN)
    assert (theirs.value, theirs.met) == (None, "-")
    assert theirs.note == "the comparison needs LightGBM, which the package itself does not: pip install lightgbm"
