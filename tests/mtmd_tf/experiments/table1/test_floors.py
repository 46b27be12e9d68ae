import dataclasses
import math

import pytest

from mtmd_tf.experiments.runs.plan import runs_of
from mtmd_tf.experiments.table1 import comparison as table1
from mtmd_tf.experiments.table1 import floors
from mtmd_tf.experiments.table1 import report as table1_report
from mtmd_tf.metrics import Row
from tests.mtmd_tf.experiments.finished import an_order
from tests.mtmd_tf.experiments.folders import a_record, leave_table1


def a_row(surface: str, log_mae: float, *, task: str = "ctr") -> dict:
    place = {"surface": surface, "product": "standard", "task": task}
    return {**place, "log_mae": log_mae, "kl": log_mae / 10, "calibration": 1.0, "auc": None}


def record(name: str, **log_mae: float):
    return a_record(name, rows=tuple(a_row(surface, value) for surface, value in log_mae.items()))


ONE = [record("one0", home=0.6, search=0.9, all=9.0), record("one1", home=0.8, search=0.9)]
MANY = [[record("h0", home=1.0), record("s0", search=0.8)], [record("h1", home=1.0), record("s1", search=0.8)]]
JOINT = [record("joint", home=0.5, search=0.95)]
NOISE = [{"surface": "home", "product": "standard", "task": "ctr", "log_mae": 0.35, "kl": 0.007}]


def found(joint=JOINT, noise=NOISE) -> dict:
    return {(each.cell[0], each.measure): each for each in floors.floors(ONE, MANY, joint, noise)}


def test_the_share_is_of_what_the_joint_model_gains():
    home = found()["home", "log_mae"]
    assert (home.replaced, home.unified, home.joint, home.noise) == pytest.approx((1.0, 0.7, 0.5, 0.35))
    assert home.share == pytest.approx(60.0)
    assert found()["home", "kl"].share == pytest.approx(60.0)


def test_where_the_joint_model_gains_nothing_there_is_no_share():
    search = found()["search", "log_mae"]
    assert (search.share, search.noise) == (None, None)
    assert found(joint=[])["home", "kl"].share is None


def test_the_section_says_so():
    text = floors.section(list(floors.floors(ONE, MANY, JOINT, NOISE)))
    assert text.startswith(
        "LogMAE: the one model gains 60% of what the joint one gains over the slices' own models (median of 1 cells); "
        "in 1 of 2 cells the joint model gains nothing, so there is no share; in 1 the one model is better than the "
        "joint one, which is no floor there; the ranker's chance is 50% of what the one model is off by (median)."
    )
    line = next(line for line in text.splitlines() if line.startswith("| home"))
    assert [word.strip() for word in line.strip("|").split("|")][3:] == ["1.0000", "0.7000", "0.5000", "0.3500", "60%"]


def test_one_rankers_part_of_the_disagreement():
    rows = [
        Row(surface=surface, product="standard", task="ctr", exists=True, pairs=2, log_mae=0.2, kl=0.04)
        for surface in ("home", "all")
    ]
    [kept] = floors.noise_of(rows)
    assert (kept["surface"], kept["kl"]) == ("home", 0.02)
    assert kept["log_mae"] == pytest.approx(0.2 / math.sqrt(2))


def test_the_joint_model_has_one_seed_and_the_references_settings():
    [run] = runs_of([floors.arm(an_order(seeds=(3, 4)))])
    assert (run.model.architecture, run.slice, run.train.seed) == ("joint", "", 3)


def test_table_1_shows_them_where_they_are_known(tmp_path):
    leave_table1(tmp_path)
    path = tmp_path / table1.FILE_NAME
    table = table1.Table1.load(path)
    one, joint = (record(name, home=value, search=value) for name, value in (("one", 0.7), ("joint", 0.5)))
    baselines = [
        dataclasses.replace(record(name, **{name: 1.0}), slice=f"{name}/standard") for name in ("home", "search")
    ]
    records = {each.run: each for each in (one, *baselines, joint)}
    assert "## What there is to gain" not in table1_report.report(table, records).text
    known = dataclasses.replace(table, floor=("joint",), noise=tuple(NOISE))
    text = table1_report.report(known, records).text
    assert "## What there is to gain\n\nLogMAE: the one model gains 60%" in text
    assert "| joint " in text[text.index("## The runs") :]
