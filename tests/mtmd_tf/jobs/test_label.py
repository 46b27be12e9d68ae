import subprocess
import sys

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.jobs import label
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests


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
