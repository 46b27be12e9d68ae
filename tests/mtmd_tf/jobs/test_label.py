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


ROW = {
    "task": "ctr",
    "events": 1200,
    "event_rate": 0.25,
    "auc": 0.75,
    "calibration": 1.0,
    "calibration_low": 0.9,
    "calibration_high": 1.1,
    "surely_off": False,
}


def test_the_table_has_a_line_for_each_slice_and_one_for_all():
    rows = [
        {**ROW, "surface": surface, "product": product}
        for surface in ("home", "all")
        for product in ("standard", "all")
    ]
    rows.append({**ROW, "surface": "home", "product": "standard", "task": "gctr", "events": 0})
    assert label.quality_table({"rows": rows}).splitlines()[2:] == [
        "| home    | standard | ctr  | 1,200 |     0.2500 | 0.7500 |         1.000 | 0.90 to 1.10 |     |",
        "| all     | all      | ctr  | 1,200 |     0.2500 | 0.7500 |         1.000 | 0.90 to 1.10 |     |",
    ]


def test_a_calibration_that_is_off_for_sure_is_marked():
    row = {**ROW, "surface": "home", "product": "standard", "calibration": 1.3, "calibration_low": 1.2}
    table = label.quality_table({"rows": [{**row, "calibration_high": None, "surely_off": True}]})
    assert table.splitlines()[2].endswith(" 1.300 |  1.20 to any | off |")


def test_the_summary_counts_cells_of_slice_and_task():
    cell = {**ROW, "surface": "home", "product": "standard"}
    rows = [
        cell,
        {**cell, "calibration": 1.04},
        {**cell, "calibration": 1.2},  # its interval holds 1: too few events
        {**cell, "calibration": 1.2, "surely_off": True},
        {**cell, "surface": "all", "calibration": 1.2, "surely_off": True},
        {**cell, "events": 0},
    ]
    assert label.calibration_summary({"rows": rows}) == (
        "Label / event is within 5% of 1 in 2 of 4 cells, off for sure in 1, and in 1 too few events came to say."
    )


def test_the_truth_table_has_every_measure():
    row = {"surface": "home", "product": "standard", "task": "ctr", "pairs": 40, "label_mean": 0.25}
    row |= {"mae": 0.125, "log_mae": 0.5, "kl": 0.0625, "calibration": 1.5}
    cells = label.truth_table({"truth": [row]}).splitlines()[2].split("|")[5:-1]
    assert [float(cell) for cell in cells] == [0.25, 0.125, 0.5, 0.0625, 1.5]


def test_the_table_of_sizes_says_whether_rare_events_are_as_rare_as_their_labels():
    row = {"task": "ctr", "low": 1e-3, "pairs": 12_345, "label": 40.04, "event": 133, "calibration": 0.3011}
    lines = label.size_table({"sizes": [row]}).splitlines()
    assert [cell.strip() for cell in lines[-1].strip("|").split("|")] == [
        "ctr",
        "1e-03 to 1e-02",
        "12,345",
        "40.0",
        "133",
        "0.30",
    ]
