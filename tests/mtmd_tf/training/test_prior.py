import math

import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.prior import prior_logits


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_a_child_starts_at_its_share_of_the_parent(labelled):
    data = DataSet.open(labelled)
    cells = data.manifest.splits["train"]["slices"]
    labels = {
        task: [
            (cells[s]["standard"]["tasks"][task]["labelled"], cells[s]["standard"]["tasks"][task]["label_mean"])
            for s in cells
        ]
        for task in ("ctr", "gctr")
    }
    ctr = sum(n * mean for n, mean in labels["ctr"]) / sum(n for n, _ in labels["ctr"])
    start = prior_logits(data.manifest, data.schema, constrained=True)
    assert start["standard"]["ctr"] == pytest.approx(logit(ctr))
    assert start["standard"]["gctr"] == pytest.approx(logit(0.5), abs=1e-6)  # every gctr label is half the ctr label


def test_without_the_constraint_a_child_starts_at_its_own_mean(labelled):
    data = DataSet.open(labelled)
    start = prior_logits(data.manifest, data.schema, constrained=False)
    assert start["standard"]["gctr"] < logit(0.25)


def test_a_task_that_does_not_exist_has_no_start(labelled):
    data = DataSet.open(labelled)
    assert "gctr" not in prior_logits(data.manifest, data.schema, constrained=True)["shopping"]


def test_some_surfaces_alone_can_be_asked(labelled):
    data = DataSet.open(labelled)
    start = prior_logits(data.manifest, data.schema, constrained=True, surfaces=["home"])
    assert start["standard"]["ctr"] == pytest.approx(logit(0.1), abs=1e-4)
