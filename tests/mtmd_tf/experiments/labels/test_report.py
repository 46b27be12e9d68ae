import pathlib

import pytest

from mtmd_tf.experiments.labels import report as ranker_report
from mtmd_tf.experiments.runs.metadata import Metadata
from tests.mtmd_tf.experiments.folders import leave_ranker


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
    leave_ranker(tmp_path / "results" / "a-ranker")
    return tmp_path / "results" / "a-ranker"


def test_the_head_says_data_days_settings_and_training(folder):
    assert ranker_report.write(folder).splitlines()[:9] == [
        "# The heavyweight ranker on mine",
        "",
        "- data: mine; the identity of the labeled data set is d",
        "- learned from: 2 days, 2017-03-01 to 2017-03-02",
        "- held out, to end the training and to calibrate it: 1 day, 2017-03-03",
        "- labeled: 1 day, 2017-03-04",
        "- settings: --epochs=3",
        "- training: best step 6 of 9, 7,000 pairs, 2 s, 60 s of processor time; loss on the days held out 0.33333",
        "",
    ]


def test_the_report_has_all_evidence_and_every_slice(folder):
    text = ranker_report.write(folder)
    assert (folder / "ranker.md").read_text() == text
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# The heavyweight ranker on mine",
        "## AUC against the events, beside LightGBM",
        "## Calibration",
        "## Labels above their parent's",
        "## Distance from the true probabilities",
        "## Labels of the split eval",
        "## The trees",
        "## How to read it",
    ]
    assert "\nSignificantly off: ctr of search x standard on eval (1.30).\n" in text
    assert "\n2 on eval.\n" in text
    assert "\n`not corrected`: the same ranker before its labels were corrected by the events" in text
    assert "\n| home    | standard | ctr  | 1,200 |" in text
    assert "\n| ctr  | 7 leaves |     40 |       0.25000 |" in text


def test_the_section_is_the_same_in_short(folder):
    Metadata(title="Ours", command="python -m mtmd_tf.jobs.label", tuning=("dim 8: .5",)).save(folder)
    text = ranker_report.section(folder, beside=folder.parents[1], learn=["Table 1"])
    assert text.startswith("## Ours\n\n```\npython -m mtmd_tf.jobs.label\n```\n\n- data: mine; ")
    assert "\n- learn from its labels: Table 1\n- tuning:\n    - dim 8: .5\n\nAUC against the events, bes" in text
    assert text.endswith("\n\n[The full report](results/a-ranker/ranker.md)")
    assert "home" not in text  # no slices


def test_without_a_comparison_the_auc_stands_alone(tmp_path):
    leave_ranker(tmp_path, compared=False)
    text = ranker_report.write(tmp_path)
    assert "## AUC against the events (not compared with LightGBM)\n\n| split | task |" in text
    assert "## The trees" not in text
    assert "`not corrected`: " not in text
