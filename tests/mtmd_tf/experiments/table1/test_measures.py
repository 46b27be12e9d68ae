import pytest

from mtmd_tf.experiments.table1 import measures
from mtmd_tf.experiments.table1.comparison import Cell
from tests.mtmd_tf.experiments.folders import a_record, an_improvement


def row(surface: str, *, kl: float, auc: float | None = None) -> dict:
    return {"surface": surface, "product": "standard", "task": "ctr", "kl": kl, "calibration": 1.0, "auc": auc}


def record(name: str, *rows: dict):
    return a_record(name, rows=rows)


def cell(surface: str, gain: float) -> Cell:
    counts = {"product": "standard", "task": "ctr", "pairs": 2, "requests": 2, "unified": 1.0, "replaced": 1.0}
    return Cell(surface=surface, improvement=an_improvement(0.0), kl=an_improvement(gain), **counts)


CELLS = (cell("home", 50.0), cell("search", -50.0))
ONE = [
    record("one0", row("home", kl=0.1, auc=0.7), row("search", kl=0.3), row("all", kl=0.2)),
    record("one1", row("home", kl=0.3, auc=0.8), row("search", kl=0.3), row("all", kl=0.2)),
]
MANY = [
    [record("home0", row("home", kl=0.2, auc=0.6), row("all", kl=9.0)), record("search0", row("search", kl=0.2))],
    [record("home1", row("home", kl=0.6, auc=0.7)), record("search1", row("search", kl=0.2))],
]


def test_the_seeds_mean_stands_against_the_seeds_mean():
    home, search = (of for _, of in measures.beside(CELLS, ONE, MANY))
    assert (home["kl"], home["auc"]) == (pytest.approx((0.2, 0.4)), pytest.approx((0.75, 0.65)))
    assert home["calibration"] == (1.0, 1.0)
    assert (search["kl"], search["auc"]) == (pytest.approx((0.3, 0.2)), (None, None))


def test_the_conclusion_counts_slices():
    assert measures.summary(list(measures.beside(CELLS, ONE, MANY))) == (
        "KL, which all are trained by, is lower with one model in 1 of 2 cells (-50.0% to +50.0%, mean +0.0%), the "
        "whole interval above 0 in 1; AUC against the events is higher in 1 of 1."
    )
    assert measures.summary([]) == ""


def test_where_a_record_lacks_a_cell_that_side_has_no_value():
    [(_, home)] = measures.beside(CELLS[:1], ONE, [[record("of another slice", row("search", kl=0.2))]] * 2)
    assert home["kl"] == (pytest.approx(0.2), None)
