import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.prior import prior_logits
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.manifest import Manifest


def logit(share: float) -> float:
    return math.log(share / (1 - share))


def test_a_child_starts_at_its_share_of_the_parent(labeled):
    data = DataSet.open(labeled)
    cells = data.manifest.splits["train"]["slices"]
    labels = {
        task: [
            (cells[s]["standard"]["tasks"][task]["labeled"], cells[s]["standard"]["tasks"][task]["label_mean"])
            for s in cells
        ]
        for task in ("ctr", "gctr")
    }
    ctr = sum(n * mean for n, mean in labels["ctr"]) / sum(n for n, _ in labels["ctr"])
    start = prior_logits(data.manifest, data.schema, constrained=True)
    assert start["standard"]["ctr"] == pytest.approx(logit(ctr))
    assert start["standard"]["gctr"] == pytest.approx(logit(0.5), abs=1e-6)  # every gctr label is half the ctr label


@pytest.mark.parametrize("constrained", [False, True])
def test_labels_that_are_lowered_to_their_parents_start_where_the_loss_sees_them(constrained):
    data_set, schema = _manifest({"standard": {"ctr": 0.1, "gctr": 0.3}}), tiny_schema()
    cell = data_set.splits["train"]["slices"]["home"]["standard"]["tasks"]["gctr"]
    raw = prior_logits(data_set, schema, constrained=constrained)
    cell["lowered_mean"] = 0.05
    lowered = prior_logits(data_set, schema, constrained=constrained)
    assert lowered["standard"]["gctr"] == pytest.approx(logit(0.05 / 0.1 if constrained else 0.05))
    assert raw["standard"]["gctr"] > lowered["standard"]["gctr"]
    assert raw["standard"]["ctr"] == lowered["standard"]["ctr"]


def test_without_the_constraint_a_child_starts_at_its_own_mean(labeled):
    data = DataSet.open(labeled)
    start = prior_logits(data.manifest, data.schema, constrained=False)
    assert start["standard"]["gctr"] < logit(0.25)


def test_a_task_that_does_not_exist_has_no_start(labeled):
    data = DataSet.open(labeled)
    assert "gctr" not in prior_logits(data.manifest, data.schema, constrained=True)["shopping"]


def test_some_surfaces_alone_can_be_asked(labeled):
    data = DataSet.open(labeled)
    start = prior_logits(data.manifest, data.schema, constrained=True, surfaces=["home"])
    assert start["standard"]["ctr"] == pytest.approx(logit(0.1), abs=1e-4)


RAREST = logit(1e-4)


def _manifest(means: dict[str, dict[str, float | None]]) -> Manifest:
    """`{product: {task: mean label}}` of ten pairs on `home`; None: no label."""
    slices = {
        product: {
            "tasks": {task: {"labeled": 0 if m is None else 10, "label_mean": m} for task, m in tasks.items()},
            "pairs": 10,
        }
        for product, tasks in means.items()
    }
    empty = {field.name: {} for field in dataclasses.fields(Manifest)}
    return Manifest(**{**empty, "splits": {"train": {"slices": {"home": slices}}}})


@pytest.mark.parametrize(
    ("standard", "shopping", "starts"),
    [
        ({"ctr": 0.0, "gctr": 0.0}, {"ctr": 0.2}, {"ctr": RAREST, "gctr": RAREST}),  # a mean of 0 is a mean
        ({"ctr": 0.2, "gctr": 0.0}, {"ctr": 0.2}, {"ctr": logit(0.2), "gctr": RAREST}),
        ({"ctr": 2e-5, "gctr": 1e-5}, {"ctr": 0.2}, {"ctr": logit(2e-5), "gctr": logit(0.5)}),  # rare, and known
        ({"ctr": 1e-9, "gctr": 0.0}, {"ctr": 0.2}, {"ctr": logit(1e-6), "gctr": RAREST}),
        ({"ctr": 1.0, "gctr": 1.0}, {"ctr": 0.2}, {"ctr": -RAREST, "gctr": -RAREST}),
        ({"ctr": 0.0, "gctr": 0.1}, {"ctr": 0.2}, {"ctr": RAREST, "gctr": RAREST}),  # a label above its parent's
        (
            {"ctr": None, "gctr": None},
            {"ctr": 0.2},
            {"ctr": logit(0.2)},
        ),  # the others' mean; gctr is for standard alone
        ({}, {"ctr": 0.2}, {"ctr": logit(0.2)}),
    ],
)
def test_where_a_product_starts(standard, shopping, starts):
    manifest = _manifest({"standard": standard, "shopping": shopping})
    assert prior_logits(manifest, tiny_schema(), constrained=True)["standard"] == pytest.approx(starts)


def test_a_surface_without_a_row_takes_the_means_of_the_others():
    manifest = _manifest({"standard": {"ctr": 0.4, "gctr": 0.1}, "shopping": {"ctr": 0.2}})
    start = prior_logits(manifest, tiny_schema(), constrained=True, surfaces=["search"])
    assert start["standard"] == pytest.approx({"ctr": logit(0.3), "gctr": logit(0.25)})


@given(
    st.dictionaries(
        st.sampled_from(["standard", "shopping"]),
        st.dictionaries(st.sampled_from(["ctr", "gctr"]), st.none() | st.floats(0.0, 1.0)),
    ),
    st.booleans(),
)
def test_a_task_with_a_label_anywhere_starts_somewhere_for_every_product(means, constrained):
    start = prior_logits(_manifest(means), tiny_schema(), constrained=constrained)
    least = logit(1e-6) - 1e-9
    assert all(least <= value <= -least for logits in start.values() for value in logits.values())
    if any(tasks.get("ctr") is not None for tasks in means.values()):
        assert all("ctr" in logits for logits in start.values())
