import dataclasses
import pathlib

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.plan import Run
from mtmd_tf.experiments.queue import train_all
from mtmd_tf.experiments.record import Record
from tests.mtmd_tf.experiments.finished import leave_run

TODO = [
    Run(model=ModelConfig(), train=TrainConfig(), data="d"),
    Run(model=ModelConfig(), train=TrainConfig(), data="d", slice="home/standard"),
]
PAIRS = {"": 100, "home/standard": 20}


class Trainer:
    """Trains nothing: leaves what a finished run leaves, and runs `script` for it."""

    def __init__(self, script: str = "print('step 1')") -> None:
        self.script, self.trained = script, []

    def __call__(self, run: Run, folder: pathlib.Path) -> list[str]:
        self.trained.append(run.title)
        leave_run(run, folder)
        return ["-c", self.script]


def test_every_run_is_trained_in_its_folder_and_leaves_a_record_and_a_log(tmp_path):
    records = train_all(TODO, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    assert [record.run for record in records] == [run.name for run in TODO]
    for run in TODO:
        assert (tmp_path / run.name / "record.json").exists()
        assert (tmp_path / run.name / "log.txt").read_text() == "step 1\n"


def test_finished_runs_are_skipped(tmp_path, capsys):
    train_all(TODO[:1], folder=tmp_path, command=Trainer(), pairs=PAIRS)
    record = tmp_path / TODO[0].name / "record.json"
    dataclasses.replace(Record.load(record), seconds=500.0).save(record)
    capsys.readouterr()
    trainer = Trainer()
    assert len(train_all(TODO, folder=tmp_path, command=trainer, pairs=PAIRS)) == 2
    assert trainer.trained == ["mtmd on home/standard, seed 0"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("[1/2] mtmd on all slices, seed 0: finished in")
    assert (
        printed[1] == "[2/2] mtmd on home/standard, seed 0: training; about 100 s left"
    )  # 500 s for 5 times the pairs


def test_a_run_without_its_errors_is_trained_again(tmp_path):
    train_all(TODO, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    (tmp_path / TODO[1].name / "requests.npz").unlink()
    trainer = Trainer()
    train_all(TODO, folder=tmp_path, command=trainer, pairs=PAIRS)
    assert trainer.trained == [TODO[1].title]


def test_a_failed_run_ends_it_with_the_end_of_its_log_and_has_no_record(tmp_path):
    with pytest.raises(ConfigError, match=r"mtmd on all slices, seed 0 failed with exit code 1; the end of .*log.txt"):
        train_all(TODO, folder=tmp_path, command=Trainer("raise SystemExit('no disk')"), pairs=PAIRS)
    assert not (tmp_path / TODO[0].name / "record.json").exists()
    assert "no disk" in (tmp_path / TODO[0].name / "log.txt").read_text()
