"""An evaluation is written and read back without loss."""

import dataclasses
import json
import math
import pathlib

import pytest

from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import CalibrationRow, FunnelRow, Row

_ROW = Row(surface="home", product="standard", task="ctr", exists=True, pairs=3, log_mae=0.1 + 0.2, kl=math.inf)
_EVALUATION = Evaluation(
    run="demo",
    data="data/demo, split eval",
    clip=1e-6,
    rows=(_ROW, Row(surface="home", product="shopping", task="octr", exists=False)),
    baseline=(_ROW, Row(surface="home", product="shopping", task="octr", exists=False)),
    funnel=(
        FunnelRow(
            surface="home",
            task="ctr",
            top=1,
            cut=2,
            requests=3,
            recall=1 / 3,
            recall_by_chance=0.5,
            score_loss=0.1,
            score_loss_by_chance=0.2,
            ranked_requests=0,
            rank_correlation=None,
        ),
    ),
    calibration=(
        CalibrationRow(
            surface="home", product="standard", task="ctr", low=-1.0, high=-0.5, pairs=3, probability=0.3, label=0.31
        ),
    ),
    details={"checkpoint": "step 12"},
)


def test_what_is_read_equals_what_was_written(tmp_path: pathlib.Path) -> None:
    _EVALUATION.save(tmp_path / "evaluation.json")
    assert Evaluation.load(tmp_path / "evaluation.json") == _EVALUATION


def test_the_file_is_strict_json(tmp_path: pathlib.Path) -> None:
    _EVALUATION.save(tmp_path / "evaluation.json")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    plain = json.loads((tmp_path / "evaluation.json").read_text(), parse_constant=refuse)
    assert plain["rows"][0]["kl"] == "inf"


def test_refuses_a_baseline_of_other_slices() -> None:
    with pytest.raises(ValueError, match=r"not in both: \[\('home', 'shopping', 'octr'\)\]"):
        dataclasses.replace(_EVALUATION, baseline=(_ROW,))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"rows": [{"color": 1}], "baseline": [], "funnel": [], "calibration": []}']
)
def test_refuses_another_file_and_names_it(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(ValueError, match=r"other\.json is no evaluation\.json of this version"):
        Evaluation.load(tmp_path / "other.json")
