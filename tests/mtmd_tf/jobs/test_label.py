import subprocess
import sys

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.jobs import label
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.requests import DataError


def test_logs_with_labels_need_no_ranker(labelled, tmp_path):
    command = [sys.executable, "-m", "mtmd_tf.jobs.label", f"--data={labelled}", f"--out={tmp_path / 'out'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert f"{labelled} already carries labels for every task" in done.stdout
    assert not (tmp_path / "out").exists()


def test_without_events_there_is_nothing_to_learn_from(tmp_path):
    requests = tiny_requests()
    requests.event.clear()
    write_tiny(tmp_path, blocks=[requests])
    with pytest.raises(ConfigError, match="has no event/ctr, and not every task has labels"):
        label.require_events(DataSet.open(tmp_path))


def test_labels_of_some_tasks_alone_are_refused(tmp_path):
    requests = tiny_requests()
    del requests.label["gctr"]
    write_tiny(tmp_path, blocks=[requests])
    wanted = r"carries labels for \['ctr'\] alone, of the tasks \['ctr', 'gctr'\]: convert the logs again without any"
    with pytest.raises(ConfigError, match=wanted):
        label.require_events(DataSet.open(tmp_path))


def test_a_task_that_never_happens_is_refused(tmp_path):
    requests = tiny_requests()
    requests.label.clear()
    requests.event["gctr"][:] = np.where(requests.event["gctr"] == 1, 0, requests.event["gctr"])
    write_tiny(tmp_path, blocks=[requests])
    with pytest.raises(ConfigError, match=r"event/gctr is 1 for no pair of the training split, .* 'gctr': 0\} times"):
        label.require_events(DataSet.open(tmp_path))


def test_events_without_their_parents_would_make_labels_too_low(tmp_path):
    requests = tiny_requests()
    requests.label.clear()
    requests.event["gctr"][3] = 1  # its ctr is 1; so are both of a in r0
    requests.event["ctr"][3] = 0
    write_tiny(tmp_path, blocks=[requests])
    wanted = r"event/gctr is 1 without event/ctr in 1 of its 2 times, .* Convert the log with --repair_events"
    with pytest.raises(ConfigError, match=wanted):
        label.require_events(DataSet.open(tmp_path))


def test_labels_of_another_ranker_are_refused_before_one_is_trained(labelled, tmp_path):
    with pytest.raises(ConfigError, match=r"holds a data set labelled by no ranker, not by mine; give another --out"):
        label.require_place(labelled, run=tmp_path / "mine")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    with pytest.raises(DataError, match=r"notes is no data set but holds \['a.txt'\]: give an empty or a new folder"):
        label.require_place(tmp_path / "notes", run=tmp_path / "mine")
    label.require_place(tmp_path / "new", run=tmp_path / "mine")
    assert (tmp_path / "new").is_dir()
