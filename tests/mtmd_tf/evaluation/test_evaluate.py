import math

import pytest
import tensorflow as tf

from mtmd_tf.evaluation.evaluate import evaluate
from mtmd_tf.features.reading import DataSet
from mtmd_tf.tasks import LogProbability


class Constant:
    """Says 0.2 for ctr and 0.1 for gctr, whatever the batch."""

    def __init__(self) -> None:
        self.parents = {"ctr": None, "gctr": "ctr"}

    def __call__(self, batch) -> dict[str, LogProbability]:
        ones = tf.ones_like(batch.weight)
        return {
            task: LogProbability(yes=math.log(p) * ones, no=math.log1p(-p) * ones)
            for task, p in (("ctr", 0.2), ("gctr", 0.1))
        }


@pytest.fixture(scope="module")
def evaluation(labeled):
    return evaluate(Constant(), DataSet.open(labeled), run="constant")


def row(evaluation, *key: str):
    return next(row for row in evaluation.rows if (row.surface, row.product, row.task) == key)


def test_every_pair_of_the_split_is_measured_once(evaluation, labeled):
    assert row(evaluation, "all", "all", "ctr").pairs == DataSet.open(labeled).manifest.pairs("eval")


@pytest.mark.parametrize(("surface", "label"), [("home", 0.1), ("search", 0.4)])
def test_the_distance_from_known_labels(evaluation, surface, label):
    for product in ("standard", "shopping"):
        assert row(evaluation, surface, product, "ctr").log_mae == pytest.approx(math.log(2), rel=1e-5)
    kl = label * math.log(label / 0.2) + (1 - label) * math.log((1 - label) / 0.8)
    assert row(evaluation, surface, "all", "ctr").kl == pytest.approx(kl, rel=1e-4)


def test_a_task_that_does_not_exist_is_not_measured(evaluation):
    assert not row(evaluation, "home", "shopping", "gctr").exists


def test_the_training_mean_knows_each_slice(evaluation):
    exact = [r for r in evaluation.baseline if (r.surface, r.product) == ("search", "standard") and r.task == "ctr"]
    assert exact[0].log_mae == pytest.approx(0.0, abs=1e-5)  # labels of a slice are all the same here


def test_of_a_slice_its_pairs_alone_are_measured(labeled):
    data = DataSet.open(labeled, slice_name="search/standard")
    sliced = evaluate(Constant(), data, run="constant")
    pairs = data.manifest.splits["eval"]["slices"]["search"]["standard"]["pairs"]
    assert row(sliced, "search", "standard", "ctr").pairs == row(sliced, "all", "all", "ctr").pairs == pairs
    assert not row(sliced, "home", "standard", "ctr").exists
    assert sliced.data.endswith(", split eval, slice search/standard, 1 day, 2017-03-06")
