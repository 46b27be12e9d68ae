import json

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.jobs import compare_ranker


def test_the_days_are_those_of_the_run(tmp_path):
    period = {"learn": ["2017-03-01"], "held_out": ["2017-03-02"], "label": ["2017-03-03"]}
    (tmp_path / "config.json").write_text(json.dumps({"period": period}))
    assert compare_ranker.period_of(tmp_path) == period


def test_a_folder_without_a_ranker_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no heavyweight ranker; make one with python -m mtmd_tf.jobs.label"):
        compare_ranker.period_of(tmp_path)


def test_data_that_the_ranker_did_not_learn_from_is_refused(labelled, tmp_path):
    (tmp_path / "data.json").write_text(json.dumps({"manifest": "0123456789abcdef"}))
    with pytest.raises(ConfigError, match=r"learnt from data with the manifest 0123456789abcdef; that of .* is "):
        compare_ranker.require_own_data(tmp_path, DataSet.open(labelled))


def test_labels_of_another_ranker_are_refused(labelled, tmp_path):
    (tmp_path / "fit.json").write_text(json.dumps({"best_step": 30, "held_out_loss": 0.25}))
    with pytest.raises(ConfigError, match=r"carries labels of no ranker, step None.*; the ranker in .* is of step 30"):
        compare_ranker.require_own_labels(tmp_path, DataSet.open(labelled))
    data = DataSet.open(labelled)
    for origin in ({"run": "mine", "steps": 30, "loss": 0.5}, {"run": "mine", "steps": 20, "loss": 0.25}):
        data.manifest.source["labels"] = {"origin": origin}
        with pytest.raises(ConfigError, match="carries labels of mine, step "):
            compare_ranker.require_own_labels(tmp_path, data)
    data.manifest.source["labels"] = {"origin": {"run": "mine, renamed since", "steps": 30, "loss": 0.25}}
    compare_ranker.require_own_labels(tmp_path, data)
