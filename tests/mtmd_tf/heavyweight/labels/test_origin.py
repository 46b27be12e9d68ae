import json

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels import origin
from mtmd_tf.heavyweight.labels.period import Period
from tests.mtmd_tf.labeled import write_labeled
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError


def test_the_days_are_those_of_the_run(tmp_path):
    days = {"learn": ["2017-03-01"], "held_out": ["2017-03-02"], "label": ["2017-03-03"]}
    (tmp_path / "config.json").write_text(json.dumps({"period": days}))
    period = Period(learn=("2017-03-01",), held_out=("2017-03-02",), label=("2017-03-03",))
    assert origin.period_of(tmp_path) == period
    (tmp_path / "config.json").write_text(json.dumps({"period": days | {"label": "2017-03-03"}}))
    with pytest.raises(
        ConfigError, match=r"config\.json, period: Period, field 'label': \[string, ...\]; it is '2017-"
    ):
        origin.period_of(tmp_path)


def test_a_folder_without_a_ranker_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no heavyweight ranker; make one with python -m mtmd_tf.jobs.label"):
        origin.period_of(tmp_path)


def test_two_data_sets_of_one_name_have_a_ranker_each(tmp_path):
    one, other = (Manifest.load(write_labeled(tmp_path / part / "h", requests=n)) for part, n in (("a", 24), ("b", 30)))
    assert one.folder.name == other.folder.name
    plain = origin.default_run(one, within=tmp_path)
    assert plain == origin.default_run(other, within=tmp_path) == tmp_path / "heavyweight-h"
    plain.mkdir()
    assert origin.default_run(other, within=tmp_path) == plain  # killed before it was anyone's
    (plain / "data.json").write_text(json.dumps({"manifest": one.fingerprint()}))
    assert origin.default_run(one, within=tmp_path) == plain  # goes on
    second = origin.default_run(other, within=tmp_path)
    assert second == tmp_path / f"heavyweight-h-{other.fingerprint()[:8]}"
    second.mkdir()
    (plain / "data.json").unlink()
    assert origin.default_run(other, within=tmp_path) == second  # goes on, whatever became of the first


def test_a_ranker_with_features_of_towers_is_known_by_the_data_that_they_were_added_to(tmp_path):
    one = Manifest.load(write_labeled(tmp_path / "a/h", requests=24))
    run = origin.default_run(one, within=tmp_path)
    wider = Manifest.load(write_labeled(origin.wider_data(run), requests=30))
    wider.source["cross"] = {"copied_from": one.fingerprint()}
    wider.write()
    run.mkdir()
    (run / "data.json").write_text(json.dumps({"manifest": wider.fingerprint()}))
    assert origin.default_run(one, within=tmp_path) == run


def test_data_that_the_ranker_did_not_learn_from_is_refused(labeled, tmp_path):
    (tmp_path / "data.json").write_text(json.dumps({"manifest": "0123456789abcdef"}))
    with pytest.raises(ConfigError, match=r"learned from data with the manifest 0123456789abcdef; that of .* is "):
        origin.require_own_data(tmp_path, DataSet.open(labeled))


def test_labels_of_another_ranker_are_refused(labeled, tmp_path):
    (tmp_path / "fit.json").write_text(json.dumps({"best_step": 30, "held_out_loss": 0.25}))
    with pytest.raises(ConfigError, match=r"carries labels of no ranker, step None.*; the ranker in .* is of step 30"):
        origin.require_own_labels(tmp_path, DataSet.open(labeled))
    data = DataSet.open(labeled)
    for labeled_by in ({"run": "mine", "steps": 30, "loss": 0.5}, {"run": "mine", "steps": 20, "loss": 0.25}):
        data.manifest.source["labels"] = {"origin": labeled_by}
        with pytest.raises(ConfigError, match="carries labels of mine, step "):
            origin.require_own_labels(tmp_path, data)
    data.manifest.source["labels"] = {"origin": {"run": "mine, renamed since", "steps": 30, "loss": 0.25}}
    origin.require_own_labels(tmp_path, data)


def test_without_events_there_is_nothing_to_learn_from(tmp_path):
    requests = tiny_requests()
    requests.event.clear()
    write_tiny(tmp_path, blocks=[requests])
    with pytest.raises(ConfigError, match="has no event/ctr, and not every task has labels"):
        origin.require_events(DataSet.open(tmp_path))


def test_labels_of_some_tasks_alone_are_refused(tmp_path):
    requests = tiny_requests()
    del requests.label["gctr"]
    write_tiny(tmp_path, blocks=[requests])
    wanted = r"carries labels for \['ctr'\] alone, of the tasks \['ctr', 'gctr'\]: convert the logs again without any"
    with pytest.raises(ConfigError, match=wanted):
        origin.require_events(DataSet.open(tmp_path))


def test_a_task_that_never_happens_is_refused(tmp_path):
    requests = tiny_requests()
    requests.label.clear()
    requests.event["gctr"][:] = np.where(requests.event["gctr"] == 1, 0, requests.event["gctr"])
    write_tiny(tmp_path, blocks=[requests])
    with pytest.raises(
        ConfigError, match=r"event/gctr is 1 for no pair of the training split, .* an event there: .*gctr 0\. Repair"
    ):
        origin.require_events(DataSet.open(tmp_path))


def test_events_without_their_parents_would_make_labels_too_low(tmp_path):
    requests = tiny_requests()
    requests.label.clear()
    requests.event["gctr"][3] = 1  # its ctr is 1; so are both of a in r0
    requests.event["ctr"][3] = 0
    write_tiny(tmp_path, blocks=[requests])
    wanted = r"event/gctr is 1 without event/ctr in 1 of its 2 times, .* Convert the log with --repair_events"
    with pytest.raises(ConfigError, match=wanted):
        origin.require_events(DataSet.open(tmp_path))


def test_labels_of_another_ranker_are_refused_before_one_is_trained(labeled, tmp_path):
    with pytest.raises(ConfigError, match=r"holds a data set labeled by no ranker, not by mine; give another --out"):
        origin.require_own_folder(labeled, run=tmp_path / "mine")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    with pytest.raises(DataError, match=r"notes is no data set but holds \['a.txt'\]: give an empty or a new folder"):
        origin.require_own_folder(tmp_path / "notes", run=tmp_path / "mine")
    origin.require_own_folder(tmp_path / "new", run=tmp_path / "mine")
    assert (tmp_path / "new").is_dir()
