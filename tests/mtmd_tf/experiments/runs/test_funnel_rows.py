"""One request on home: standard candidates labeled 0.4 and 0.1, shopping ones 0.3 and 0.2; scores in another order."""

import numpy as np
import pytest

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.experiments.runs.funnel_rows import rows_of
from mtmd_tf.metrics import Funnel, Row

LABEL, SCORE = np.array([0.4, 0.1, 0.3, 0.2]), np.array([3.0, 1.0, 2.0, 4.0])
PRODUCT = np.array([0, 0, 1, 1])


def measured(*, only: int | None = None, products: tuple[str, ...] = ("standard", "shopping")) -> Evaluation:
    """Of all candidates, or of one product's alone, as a model of one slice is measured."""
    at = np.flatnonzero(only == PRODUCT) if only is not None else np.arange(4)
    funnel = Funnel(
        surfaces=("home", "search"), products=products if only is None else (), tasks=("ctr",), tops=(1, 2), cuts=(1, 2)
    )
    zeros = np.zeros(len(at), int)
    funnel.update(request=zeros, surface=zeros, product=PRODUCT[at], label={"ctr": LABEL[at]}, score={"ctr": SCORE[at]})
    rows = tuple(
        Row(surface="home", product=name, task="ctr", exists=True, pairs=int((PRODUCT[at] == place).sum()))
        for place, name in enumerate(("standard", "shopping"))
    )
    return Evaluation(run="r", data="d", clip=1e-6, rows=rows, baseline=rows, funnel=tuple(funnel.rows()))


def by_place(evaluation: Evaluation) -> dict[tuple[str, str], dict]:
    return {(row["surface"], row["product"]): row for row in rows_of(evaluation)}


def test_all_candidates_together_and_each_slice_by_itself():
    rows = by_place(measured())
    assert list(rows) == [("home", "standard"), ("home", "shopping"), ("all", "all")]
    whole = rows["all", "all"]  # kept: the one of 0.2, then that of 0.4 too
    assert whole["requests"] == {"1": 1, "2": 1}
    assert whole["recall"] == {"1": {"1": 0.0, "2": 1.0}, "2": {"2": 0.5}}  # one kept cannot hold the best two
    assert whole["recall_by_chance"] == {"1": {"1": 0.25, "2": 0.5}, "2": {"2": 0.5}}
    assert whole["score_loss"] == pytest.approx({"1": 0.5, "2": 1 / 7})  # 0.2 of 0.4; 0.6 of 0.7
    assert whole["score_loss_by_chance"] == pytest.approx({"1": 0.375, "2": 2 / 7})


def test_within_a_slice_its_own_candidates_compete():
    rows = by_place(measured())
    assert rows["home", "standard"]["recall"] == {"1": {"1": 1.0}}  # two candidates: no request has more than two
    assert rows["home", "standard"]["rank_correlation"] == 1.0
    assert rows["home", "shopping"]["recall"] == {"1": {"1": 0.0}}
    assert rows["home", "shopping"]["rank_correlation"] == -1.0


@pytest.mark.parametrize(("only", "product"), [(0, "standard"), (1, "shopping")])
def test_a_model_of_one_slice_is_measured_alike(only, product):
    alone, whole = by_place(measured(only=only)), by_place(measured())
    assert list(alone) == [("home", product), ("all", "all")]
    assert alone["home", product] == whole["home", product]
    assert alone["all", "all"] != whole["all", "all"]


def test_before_products_were_told_apart_there_was_the_whole_alone():
    evaluation = measured(products=())
    assert list(by_place(evaluation)) == [("all", "all")]


def test_without_a_funnel_there_is_nothing():
    evaluation = measured()
    rows = evaluation.rows
    assert rows_of(Evaluation(run="r", data="d", clip=1e-6, rows=rows, baseline=rows)) == ()
