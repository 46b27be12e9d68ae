import dataclasses
import math
from statistics import fmean

import pytest

from mtmd_tf.experiments.table1.comparison import Cell, Table1
from mtmd_tf.experiments.table1.conclusion import conclusion
from tests.mtmd_tf.experiments.folders import an_improvement


def cell(surface: str, task: str, gain: float, *, reach: float = 1.0, product: str = "shopping") -> Cell:
    """By KL; by LogMAE one more."""
    place = {"surface": surface, "product": product, "task": task}
    counts = {"pairs": 2, "requests": 2, "unified": 1.0, "replaced": 1.0}
    improvement = an_improvement(gain + 1.0, reach=reach)
    return Cell(**place, **counts, improvement=improvement, kl=an_improvement(gain, reach=reach))


def table(*cells: Cell, seeds: tuple[int, ...] = (0, 1), models: int = 6) -> Table1:
    names = tuple(f"m{number}" for number in range(models))
    everywhere = cell("all", "ctr", -50.0, product="all")
    gains = [each.kl.value for each in cells if not math.isnan(each.kl.value)] or [math.nan]
    return Table1(
        seeds=seeds,
        unified=tuple("u" for _ in seeds),
        replaced=tuple(names for _ in seeds),
        cells=(*cells, everywhere),
        means={"kl": an_improvement(fmean(gains), reach=2.0), "log_mae": an_improvement(fmean(gains) + 1.0, reach=2.0)},
    )


BETTER = (cell("home", "ctr", 8.0), cell("home", "gctr", 4.0))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            table(*BETTER, cell("search", "ctr", -3.0), cell("search", "gctr", 1.0)),
            "One model is better than your six in 3 of 4 cells by KL, +2.5% [+0.5, +4.5] on average (by LogMAE in 3, "
            "+3.5% [+1.5, +5.5]); keep `search x shopping` apart.",
        ),
        (
            table(*BETTER, cell("search", "ctr", -3.0, reach=9.0)),
            "One model is better than your six in 2 of 3 cells by KL, +3.0% [+1.0, +5.0] on average (by LogMAE in 2, "
            "+4.0% [+2.0, +6.0]).",
        ),
        (
            table(cell("home", "ctr", -2.0), models=30, seeds=(0,)),
            "One model does not pay here: it is better than your 30 in 0 of 1 cells by KL, -2.0% [-4.0, +0.0] on "
            "average (by LogMAE in 0, -1.0% [-3.0, +1.0]); keep your 30; of one seed, so try more before you rely "
            "on it.",
        ),
        (
            table(*BETTER, models=1),
            "One model is better than your one model of a slice in 2 of 2 cells by KL, +6.0% [+4.0, +8.0] on average "
            "(by LogMAE in 2, +7.0% [+5.0, +9.0]).",
        ),
    ],
    ids=["apart", "not surely worse", "does not pay", "a single slice"],
)
def test_one_sentence_answers(made, said):
    assert conclusion(made) == said


NOTHING = dataclasses.replace(BETTER[0], kl=an_improvement(math.nan), improvement=an_improvement(math.nan))


def test_what_is_no_percentage_of_anything_is_left_out_and_said():
    """Labels that are all 0 can leave a slice's own model without an error."""
    assert conclusion(table(*BETTER, NOTHING)).startswith(
        "One model is better than your six in 2 of 2 cells by KL, +6.0% [+4.0, +8.0] on average (by LogMAE in 2, +7.0% "
        "[+5.0, +9.0]), without 1 where your own model has no error."
    )
    assert conclusion(table(NOTHING)) == "Nothing says whether one model pays: no error is above 0 in 1 cells."


def test_slices_without_a_model_of_their_own_are_said():
    left = dataclasses.replace(table(*BETTER), left_out=("mail x shopping has no model of its own: no pair",))
    assert "; 1 more slices have no model of their own to compare with." in conclusion(left)
    worse = dataclasses.replace(table(cell("search", "ctr", -3.0)), left_out=left.left_out)
    assert conclusion(worse).startswith("One model does not pay here: ")
    assert "; 1 more slices have no model of their own to compare with; keep your six" in conclusion(worse)


def test_two_slices_are_named_together():
    worse = [cell(surface, "ctr", -3.0) for surface in ("search", "related")]
    assert "; keep `search x shopping` and `related x shopping` apart." in conclusion(table(*BETTER * 2, *worse))
