import json

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.labels import label_quality
from mtmd_tf.experiments.labels.label_quality import LabelQuality
from tests.mtmd_tf.experiments.folders import COMPARISON, LABELS, leave_ranker


def test_it_is_read_from_the_folder_of_a_run(tmp_path):
    leave_ranker(tmp_path)
    found = LabelQuality.load(tmp_path)
    assert (found.data, found.labels, found.settings) == ("mine", "d", ("--epochs=3",))
    assert found.period.seen == ("2017-03-01", "2017-03-02", "2017-03-03")
    assert found.fit.best_step == 6
    [split] = found.splits
    assert (split.rows[0], split.above_parent) == (LABELS, 2)
    assert found.comparisons == (COMPARISON,)
    assert found.trees["ctr"]["rounds"] == 40


def test_it_need_not_have_been_compared(tmp_path):
    leave_ranker(tmp_path, compared=False)
    assert LabelQuality.load(tmp_path).comparisons == ()


def test_what_is_saved_says_the_same_without_paths_in_seven_digits(tmp_path):
    leave_ranker(tmp_path / "run")
    label_quality.save(tmp_path / "run", tmp_path / "saved")
    assert "far" not in "".join(path.read_text() for path in (tmp_path / "saved").iterdir())
    saved, own = LabelQuality.load(tmp_path / "saved"), LabelQuality.load(tmp_path / "run")
    assert (saved.splits, saved.comparisons, saved.data) == (own.splits, own.comparisons, "mine")
    assert saved.fit.held_out_loss == 0.3333333


def test_the_comparison_of_an_earlier_ranker_does_not_stay(tmp_path):
    leave_ranker(tmp_path / "compared")
    leave_ranker(tmp_path / "new", labels="e", compared=False)
    label_quality.save(tmp_path / "compared", tmp_path / "saved")
    label_quality.save(tmp_path / "new", tmp_path / "saved")
    assert [path.name for path in (tmp_path / "saved").iterdir()] == [label_quality.REPORT]
    assert LabelQuality.load(tmp_path / "saved").labels == "e"


def test_a_comparison_of_other_labels_is_refused(tmp_path):
    leave_ranker(tmp_path)
    plain = json.loads((tmp_path / label_quality.COMPARISON).read_text())
    (tmp_path / label_quality.COMPARISON).write_text(json.dumps({**plain, "labels": "e"}))
    wanted = (
        r"against_lightgbm.json is about the labels e, heavyweight.json beside it about d; run .*compare_ranker again"
    )
    with pytest.raises(ConfigError, match=wanted):
        LabelQuality.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            label_quality.REPORT,
            r"heavyweight.json is no report .* Report needs the field 'labels'; remove it and run .*jobs\.label",
        ),
        (
            label_quality.COMPARISON,
            r"against_lightgbm.json is no comparison .* Comparisons needs the field 'labels'; run .*compare_ranker",
        ),
    ],
)
def test_a_file_of_another_version_is_refused(name, wanted, tmp_path):
    leave_ranker(tmp_path)
    plain = json.loads((tmp_path / name).read_text())
    del plain["labels"]
    (tmp_path / name).write_text(json.dumps(plain))
    with pytest.raises(ConfigError, match=wanted):
        LabelQuality.load(tmp_path)


def test_a_folder_without_a_ranker_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"heavyweight.json is no report on a ranker.*No such file"):
        LabelQuality.load(tmp_path)
