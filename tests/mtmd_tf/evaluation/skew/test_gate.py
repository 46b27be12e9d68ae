"""Tests of mtmd_tf/evaluation/skew/gate.py and report.py."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.config import ConfigError, SkewConfig
from mtmd_tf.evaluation.skew import report
from mtmd_tf.evaluation.skew.gate import CALIBRATION, KL, LOG_MAE, RECALL, judge
from mtmd_tf.evaluation.skew.measure import Measured, Skew
from mtmd_tf.metrics import ALL, FunnelRow, Row
from tfrecords_tools.digests import is_intact


def measured(
    name: str,
    *,
    log_mae: float = 0.2,
    kl: float = 0.01,
    calibration: float = 1.0,
    recall: float = 0.9,
    pairs: int = 5000,
) -> Measured:
    """One slice, one task."""
    row = {"task": "ctr", "pairs": pairs, "log_mae": log_mae, "kl": kl, "calibration": calibration, "auc": 0.7}
    cut = {
        "task": "ctr",
        "top": 5,
        "cut": 10,
        "requests": 250,
        "recall": recall,
        "recall_by_chance": 0.5,
        "score_loss": 0.1,
        "score_loss_by_chance": 0.5,
        "ranked_requests": 250,
        "rank_correlation": 0.5,
    }
    places = [("home", "standard"), (ALL, ALL)]
    return Measured(
        name=name,
        stamp=f"stamp of {name}",
        rows=tuple(Row(surface=s, product=p, exists=True, **row) for s, p in places),
        funnel=tuple(FunnelRow(surface=s, product=p, **cut) for s, p in places),
    )


def skew_of(*others: Measured) -> Skew:
    return Skew(
        export="exports/new",
        stamp="cafe",
        data="data/mine, split eval",
        pairs=5000,
        left_out=7,
        own=measured("embeddings/new"),
        others=others,
    )


def test_within_every_threshold_it_may_be_launched() -> None:
    result = judge(skew_of(measured("embeddings/old", log_mae=0.21, recall=0.895)), SkewConfig())
    assert result.passed
    assert (result.top, result.cut) == (5, 10)
    assert result.sentence == (
        "The query tower cafe may be launched beside these embeddings: none of 8 measures is beyond its threshold, the "
        "nearest is LogMAE of home x standard, ctr, +5.0% beside embeddings/old (stamp stamp of embeddings/old); "
        "--max_log_mae_rise=0.1."
    )


@pytest.mark.parametrize(
    ("worse", "measure", "change"),
    [
        ({"log_mae": 0.23}, LOG_MAE, "+15.0%"),
        ({"kl": 0.013}, KL, "+30.0%"),
        ({"calibration": 0.8}, CALIBRATION, "+20.0%"),
        ({"recall": 0.85}, RECALL, "-5.0 points"),
    ],
)
def test_one_measure_beyond_its_threshold_fails(worse: dict[str, float], measure: str, change: str) -> None:
    result = judge(skew_of(measured("embeddings/old", **worse)), SkewConfig())
    assert [(cell.measure, cell.change) for cell in result.cells if cell.failed] == [(measure, change)] * 2
    assert result.sentence.startswith(
        "Do not launch the query tower cafe before all items are embedded with its own item tower: 2 of 8 measures are "
        f"beyond their thresholds, the worst is {measure} of home x standard, ctr, {change} beside embeddings/old"
    )


@given(rise=st.floats(-0.9, 3.0), most=st.floats(0.01, 2.0))
def test_a_threshold_is_what_may_be_lost(rise: float, most: float) -> None:
    result = judge(
        skew_of(measured("embeddings/old", kl=0.01 * (1 + rise))),
        SkewConfig(max_kl_rise=most, max_log_mae_rise=0.0, max_calibration_change=0.0, max_recall_drop=0.0),
    )
    assert result.passed == all(cell.worse is None or cell.worse <= most for cell in result.cells if cell.judged)
    assert {cell.measure for cell in result.cells if cell.judged} == {KL}
    if abs(rise - most) > 1e-6:
        assert result.passed == (rise < most)


def test_few_pairs_are_shown_and_not_judged() -> None:
    skew = skew_of(measured("embeddings/old", kl=0.1))
    with pytest.raises(ConfigError, match=r"no slice and task of data/mine, split eval has 6000 labeled pairs to be"):
        judge(skew, SkewConfig(min_pairs=6000))


def test_a_recall_that_was_not_measured_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"--recall_top=5 --recall_cut=3: no such recall is measured; K and N are one of"
    ):
        judge(skew_of(measured("embeddings/old")), SkewConfig(recall_top=5, recall_cut=3))


def test_the_report_has_result_versions_and_marks(tmp_path: pathlib.Path) -> None:
    skew, config = skew_of(measured("embeddings/old", kl=0.02), measured("mixed")), SkewConfig()
    result = judge(skew, config)
    text = report.write(tmp_path / "out", skew, result, config)
    assert "**Do not launch the query tower cafe" in text
    assert "left out: 7 pairs whose item one of the versions lacks" in text
    assert "\\*+100.0%" in text
    record = json.loads((tmp_path / "out/skew.json").read_text())
    assert is_intact(record)
    assert record["passed"] is False
    assert (tmp_path / "out/skew.html").exists()
