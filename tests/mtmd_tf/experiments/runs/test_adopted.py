import dataclasses
import json
import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs import adopted, record
from mtmd_tf.experiments.runs.run_queue import train_all
from mtmd_tf.experiments.table1.comparison import arms
from tests.mtmd_tf.experiments.finished import an_order, leave_run

[[ONE]] = arms(an_order(seeds=(0,)))[0].runs


@pytest.fixture
def run(tmp_path) -> pathlib.Path:
    leave_run(ONE, tmp_path / "mine")
    (tmp_path / "mine" / "report.md").write_text("# Evaluation\n\n## LogMAE\n")
    return tmp_path / "mine"


def test_a_finished_run_is_not_trained_again(run, tmp_path):
    adopted.adopt(run, ONE, labels="d", folder=tmp_path / "runs")
    adopted.adopt(run, ONE, labels="d", folder=tmp_path / "runs")
    [found] = train_all([ONE], folder=tmp_path / "runs", command=lambda *_: ["-c", "1/0"], pairs={"": 1})
    assert (found.run, found.seconds) == (ONE.name, 2.0)
    assert (run / record.FILE_NAME).exists()


def test_its_report_shows_the_table(run):
    adopted.show("One model is better.", run)
    assert (run / "report.md").read_text() == (
        "# Evaluation\n\n## Against one model a slice\n\nOne model is better.\n\n## LogMAE\n"
    )
    assert "One model is better." in (run / "report.html").read_text()


def test_another_run_is_refused(run, tmp_path):
    other = dataclasses.replace(ONE, train=dataclasses.replace(ONE.train, epochs=9))
    with pytest.raises(ConfigError, match=r"mine was trained with epochs=2, not 9; --one takes a run of the settings"):
        adopted.adopt(run, other, labels="d", folder=tmp_path / "runs")
    with pytest.raises(ConfigError, match=r"mine was trained on the data e, the table is of d; choose another --one"):
        adopted.adopt(run, ONE, labels="e", folder=tmp_path / "runs")
    (tmp_path / "runs" / ONE.name).mkdir(parents=True)
    with pytest.raises(ConfigError, match="is the table's own run of these settings; leave out --one, or remove it"):
        adopted.adopt(run, ONE, labels="d", folder=tmp_path / "runs")
    assert json.loads((run / "config.json").read_text())["train"]["epochs"] == 2
