"""The answer where a Table 1 was measured; from the ladder alone: tests/mtmd_tf/experiments/ladder/test_training.py."""

import dataclasses

from mtmd_tf.experiments.answer import answer
from mtmd_tf.experiments.ladder.measure import CellComparison, Comparison
from mtmd_tf.experiments.ladder.rungs import rungs_named
from tests.mtmd_tf.experiments.folders import an_improvement
from tests.mtmd_tf.experiments.table1.test_conclusion import BETTER, table

MEANS = {"kl": an_improvement(20.0, reach=2.0), "log_mae": an_improvement(10.0, reach=1.0)}
OWN = {"Table 1 on some data": dataclasses.replace(table(*BETTER), means=MEANS)}


def against(old: str, gain: float, *, measure: str = "kl", name: str = "adworld:2000") -> Comparison:
    [rung] = rungs_named([name])
    cell = CellComparison(surface="home", product="shopping", task="ctr", pairs=9, improvement=an_improvement(gain))
    side = {"new": "mtmd", "old": old, "measure": measure, "seeds": (0,), "improvement": an_improvement(gain)}
    return Comparison(rung=rung, pairs_a_slice=9.0, cells=(cell,), **side)


def test_what_it_replaces_is_of_table_1_and_its_successor_of_the_ladder():
    ladder = [against(old, gain, measure=m) for old, gain in (("single_slice", 50.0), ("mmoe_dcn", 3.0)) for m in MEANS]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in answer(OWN, {"": ladder}).splitlines()[-2:]]
    successor, gain = ["the ad world, adworld:2000", "mmoe_dcn, its successor", "1"], "+3.0% [-7.0, +13.0]"
    assert lines == [
        ["Table 1 on some data", "one model a slice", "2", "+20.0% [+18.0, +22.0]", "+10.0% [+9.0, +11.0]", "2 of 2"],
        [*successor, gain, gain, "1 of 1"],
    ]


def test_without_any_comparison_there_is_no_answer():
    assert answer({}, {"": []}) == ""


def test_without_a_table_1_the_ladder_answers():
    ladder = [against("single_slice", 50.0, measure=m) for m in MEANS]
    assert "| one model a slice |" in answer({}, {"": ladder})


def test_each_data_set_of_ones_own_has_a_row_behind_those_of_the_package():
    names = ["data:mine", "adworld:2000"]
    olds = ["single_slice", "mmoe_dcn"]
    ladder = [against(old, 3.0, measure=m, name=name) for old in olds for name in names for m in MEANS]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in answer(OWN, {"": ladder}).splitlines()[-4:]]
    assert rows == [
        ["Table 1 on some data", "one model a slice"],
        ["the ad world, adworld:2000", "mmoe_dcn, its successor"],
        ["mine", "one model a slice"],
        ["mine", "mmoe_dcn, its successor"],
    ]


def test_a_further_ladder_is_named_behind_its_rung():
    gains = {"": 3.0, "cosine": 5.0}
    told = answer({}, {name: [against("mmoe_dcn", gain, measure=m) for m in MEANS] for name, gain in gains.items()})
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in told.splitlines()[-2:]]
    assert rows == [
        ["the ad world, adworld:2000", "mmoe_dcn, its successor", "1", "+3.0% [-7.0, +13.0]"],
        ["the ad world, adworld:2000, cosine", "mmoe_dcn, its successor", "1", "+5.0% [-5.0, +15.0]"],
    ]
