import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.run_queue import train_all
from tests.mtmd_tf.experiments.finished import leave_run
from tfrecords_tools.locks import alone_in

RUNS = [
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
    records = train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    assert [record.run for record in records] == [run.name for run in RUNS]
    for run in RUNS:
        assert (tmp_path / run.name / "record.json").exists()
        assert (tmp_path / run.name / "log.txt").read_text() == "step 1\n"


def test_a_training_ends_with_the_process_that_waits_for_it(tmp_path):
    """SIGKILL leaves no time to stop what is running; the training itself asks to end with its parent."""
    program = (
        "import pathlib, sys\nfrom tests.mtmd_tf.experiments.runs.test_run_queue import *\n"
        "script = 'from tfrecords_tools.parents import end_with_parent; end_with_parent(); import os, time; '"
        "'print(os.getpid(), flush=True); time.sleep(60)'\n"
        "train_all(RUNS[:1], folder=pathlib.Path(sys.argv[1]), command=Trainer(script), pairs=PAIRS)"
    )
    log = tmp_path / RUNS[0].name / "log.txt"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.DEVNULL) as waiting:
        until = time.monotonic() + 60
        while not (log.exists() and log.read_text().endswith("\n")) and time.monotonic() < until:
            time.sleep(0.05)
        waiting.kill()
    process = pathlib.Path("/proc", log.read_text().strip(), "cmdline")
    until = time.monotonic() + 10
    while process.exists() and process.read_bytes() and time.monotonic() < until:
        time.sleep(0.05)
    assert not process.exists() or not process.read_bytes()  # gone, or a zombie


def test_finished_runs_are_skipped(tmp_path, capsys):
    train_all(RUNS[:1], folder=tmp_path, command=Trainer(), pairs=PAIRS)
    record = tmp_path / RUNS[0].name / "record.json"
    found = Record.load(record)
    dataclasses.replace(found, seconds=560.0, fit={**found.fit, "pairs": 200}).save(record)
    capsys.readouterr()
    trainer = Trainer()
    assert len(train_all(RUNS, folder=tmp_path, command=trainer, pairs=PAIRS)) == 2
    assert trainer.trained == ["mtmd on home/standard, seed 0"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("[1/2] mtmd on all slices, seed 0: finished in")
    # A start of at most 160 s, so 400 s for 200 pairs; two epochs of 20 pairs take 80 s.
    assert printed[1] == "[2/2] mtmd on home/standard, seed 0: training; about 4 min left"


def test_two_commands_do_not_train_the_runs_of_one_folder(tmp_path):
    with (
        alone_in(tmp_path, doing="training runs", other="--runs", raises=ConfigError),
        pytest.raises(
            ConfigError, match=r"another process is training runs in .*; wait for it or choose another --runs"
        ),
    ):
        train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    with alone_in(tmp_path, doing="training runs", other="--runs", raises=ConfigError):
        assert len(train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)) == 2  # finished: only read


def test_a_run_without_its_errors_is_trained_again(tmp_path):
    train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    (tmp_path / RUNS[1].name / "requests.parquet").unlink()
    trainer = Trainer()
    train_all(RUNS, folder=tmp_path, command=trainer, pairs=PAIRS)
    assert trainer.trained == [RUNS[1].title]


def test_a_run_that_lacks_what_this_table_needs_is_measured_again(tmp_path):
    train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    (tmp_path / RUNS[0].name / "latency.json").write_text("{}")
    trainer = Trainer()
    train_all(RUNS, folder=tmp_path, command=trainer, pairs=PAIRS, leaves=["latency.json"])
    assert trainer.trained == [RUNS[1].title]


def test_errors_of_an_older_version_are_measured_again(tmp_path):
    train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS)
    pq.write_table(pa.table({"error": [0.0]}), tmp_path / RUNS[1].name / "requests.parquet")
    trainer = Trainer()
    train_all(RUNS, folder=tmp_path, command=trainer, pairs=PAIRS)
    assert trainer.trained == [RUNS[1].title]


def test_a_failed_run_ends_it_with_the_end_of_its_log_and_has_no_record(tmp_path):
    with pytest.raises(ConfigError, match=r"mtmd on all slices, seed 0 failed with exit code 1; the end of .*log.txt"):
        train_all(RUNS, folder=tmp_path, command=Trainer("raise SystemExit('no disk')"), pairs=PAIRS)
    assert not (tmp_path / RUNS[0].name / "record.json").exists()
    assert "no disk" in (tmp_path / RUNS[0].name / "log.txt").read_text()


WAITS_FOR_THE_OTHER = """
import os, pathlib, sys, time
print(os.environ["OMP_NUM_THREADS"], os.environ["TF_NUM_INTRAOP_THREADS"])
places = [pathlib.Path(name) for name in sys.argv[1:]]
places[0].touch()
while not places[1].exists():
    time.sleep(0.01)
"""


def test_two_workers_train_at_once_and_share_the_cores(tmp_path, capsys):
    """Each waits until the other is there: one after the other they would never end."""
    trainer = Trainer()

    def command(run: Run, folder: pathlib.Path) -> list[str]:
        trainer(run, folder)
        mine = RUNS.index(run)
        return ["-c", WAITS_FOR_THE_OTHER, str(tmp_path / f"{mine}"), str(tmp_path / f"{1 - mine}")]

    assert len(train_all(RUNS, folder=tmp_path, command=command, pairs=PAIRS, workers=2)) == 2
    share = max((os.cpu_count() or 1) // 2, 1)
    assert (tmp_path / RUNS[1].name / "log.txt").read_text() == f"{share} {share}\n"
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == [f"[{n}/2] {run.title}: training" for n, run in enumerate(RUNS, start=1)]
    assert sorted(line.split(":")[0] for line in printed[2:]) == sorted(line.split(":")[0] for line in printed[:2])


def leave_pid(folder: pathlib.Path) -> list[str]:
    """Says its number, then would go on for a minute."""
    script = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"
    return ["-c", script, str(folder / "pid")]


def number_in(path: pathlib.Path) -> int:
    while not path.exists() or not path.read_text():
        time.sleep(0.01)
    return int(path.read_text())


def test_a_failure_names_its_own_log_and_kills_the_others(tmp_path):
    def command(run: Run, folder: pathlib.Path) -> list[str]:
        if run == RUNS[0]:
            return leave_pid(folder)
        wait = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / RUNS[0].name / 'pid')!r}).exists():"
        return ["-c", f"{wait}\n  time.sleep(0.01)\nraise SystemExit('no disk')"]

    with pytest.raises(ConfigError, match=r"mtmd on home/standard, seed 0 failed with exit code 1; .*\n.*no disk"):
        train_all(RUNS, folder=tmp_path, command=command, pairs=PAIRS, workers=2)
    with pytest.raises(ProcessLookupError):
        os.kill(number_in(tmp_path / RUNS[0].name / "pid"), 0)


def test_an_interrupt_kills_what_is_running(tmp_path):
    paths = [tmp_path / run.name / "pid" for run in RUNS]

    def interrupt() -> None:
        for path in paths:
            number_in(path)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background are told to ignore it
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            train_all(RUNS, folder=tmp_path, command=lambda _, folder: leave_pid(folder), pairs=PAIRS, workers=2)
    finally:
        signal.signal(signal.SIGINT, before)
    for path in paths:
        with pytest.raises(ProcessLookupError):
            os.kill(number_in(path), 0)


def test_no_worker_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"--workers must be at least 1, got 0\."):
        train_all(RUNS, folder=tmp_path, command=Trainer(), pairs=PAIRS, workers=0)
