"""Tests of tfrecords_tools/engine.py and pipeline.py; the workers import the functions of this module."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tfrecords_tools import engine
from tfrecords_tools.engine import EngineError
from tfrecords_tools.requests import DataError

_PORTABLE = "--runner=PortableRunner --job_endpoint=embed --environment_type=LOOPBACK"  # as Flink and Spark are driven


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def positive(number: int) -> int:
    if number <= 0:
        raise DataError(f"number {number} is not positive")
    return number


def positive_later(number: int) -> int:
    """Fails on -1 once -2 has had the time to fail."""
    time.sleep(1.0 if number == -1 else 0.0)
    return positive(number)


def broken(number: int) -> float:
    return 1 / number


def dead(number: int) -> int:
    if number == 0:
        os._exit(9)
    return number


def logged(line: str) -> str:
    """Notes in the file that the line names how often it ran."""
    path, _, word = line.partition(":")
    with open(path, "a") as file:
        file.write(word)
    return word


def for_ever(folder: str) -> None:
    """Leaves its process id and stays."""
    pathlib.Path(folder, str(os.getpid())).touch()
    time.sleep(600)


def test_one_worker_is_this_process(tmp_path: pathlib.Path) -> None:
    results = engine.run(square, [3, 1, 2], folder=tmp_path, workers=1)
    assert results == [(9, os.getpid()), (1, os.getpid()), (4, os.getpid())]


def test_two_workers_are_two_processes_and_keep_the_order(tmp_path: pathlib.Path) -> None:
    results = engine.run(square, list(range(8)), folder=tmp_path, workers=2)
    assert [result for result, _ in results] == [0, 1, 4, 9, 16, 25, 36, 49]
    assert len({process for _, process in results} - {os.getpid()}) == 2


def test_beam_arguments_choose_where_it_runs(tmp_path: pathlib.Path) -> None:
    assert [result for result, _ in engine.run(square, [3, 1], folder=tmp_path, beam=_PORTABLE)] == [9, 1]


def test_a_cluster_that_does_not_answer_ends_the_job(tmp_path: pathlib.Path) -> None:
    nobody = "--runner=PortableRunner --job_endpoint=localhost:1 --job_server_timeout=1"
    with pytest.raises(EngineError, match="nothing answers where the pipeline's arguments say that the cluster is"):
        engine.run(square, [3, 1], folder=tmp_path, beam=nobody)


def test_an_error_of_a_unit_is_raised_as_it_is(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"^number -5 is not positive$"):
        engine.run(positive, [1, -5, 2], folder=tmp_path, workers=1)


def test_of_several_errors_that_of_the_first_unit_is_raised_through_workers(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"^number -1 is not positive$"):
        engine.run(positive_later, [-1, -2, -2, -2], folder=tmp_path, workers=2)


def test_an_error_that_nobody_expects_names_itself_and_the_log(tmp_path: pathlib.Path) -> None:
    with pytest.raises(
        EngineError, match=r"units have no result: ZeroDivisionError: division by zero.*log: .*beam.log"
    ):
        engine.run(broken, [0, 0], folder=tmp_path, workers=2)
    assert "in broken" in (tmp_path / engine.LOG).read_text()


def test_a_worker_that_dies_ends_the_job(tmp_path: pathlib.Path) -> None:
    with pytest.raises(EngineError, match="Worker subprocess exited with return code 9"):
        engine.run(dead, [0, 0], folder=tmp_path, workers=2)


def test_a_unit_with_a_result_is_not_run_again(tmp_path: pathlib.Path) -> None:
    units = [f"{tmp_path / 'log'}:{word}" for word in "ab"]
    assert engine.run(logged, units, folder=tmp_path / "job", workers=1) == ["a", "b"]
    units[1] = units[1].replace(":b", ":c")
    assert engine.run(logged, units, folder=tmp_path / "job", workers=1) == ["a", "c"]
    assert (tmp_path / "log").read_text() == "abc"


def test_an_error_is_not_kept(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError):
        engine.run(positive, [1, -5], folder=tmp_path, workers=1)
    assert engine.run(positive, [1, 5], folder=tmp_path, workers=1) == [1, 5]


def test_no_unit_is_no_work(tmp_path: pathlib.Path) -> None:
    assert engine.run(square, [], folder=tmp_path, workers=2) == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_no_worker_outlives_the_job(tmp_path: pathlib.Path, end: signal.Signals) -> None:
    call = f"engine.run(for_ever, [{str(tmp_path)!r}] * 2, folder=pathlib.Path({str(tmp_path / 'job')!r}), workers=2)"
    lines = (
        "import pathlib, signal",
        "signal.signal(signal.SIGINT, signal.default_int_handler)",  # a shell in the background ignores it
        "from tests.tfrecords_tools.test_engine import for_ever",
        "from tfrecords_tools import engine",
        call,
    )
    process = subprocess.Popen([sys.executable, "-c", "\n".join(lines)], stderr=subprocess.DEVNULL)
    _wait_for(lambda: len(_pids(tmp_path)) == 2)
    process.send_signal(end)
    assert process.wait(10) == -end
    _wait_for(lambda: not any(_alive(pid) for pid in _pids(tmp_path)), seconds=10)


def _pids(folder: pathlib.Path) -> list[int]:
    return [int(path.name) for path in folder.iterdir() if path.name.isdigit()]


def _alive(pid: int) -> bool:
    status = pathlib.Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_for(holds, *, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_more_workers_without_beam_are_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"2 workers: Apache Beam is not installed; pip install 'mtmd-tf\[beam\]'"):
        engine.run(square, [1], folder=tmp_path, workers=2)
    assert engine.run(square, [3], folder=tmp_path) == [(9, os.getpid())]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, r"workers: a number from 1; it is 0"),
        ({"beam": "--parallelism=8"}, r"beam '--parallelism=8': no --runner, such as --runner=FlinkRunner"),
        ({"beam": "--runner=FlinkRunner", "workers": 2}, r"workers 2 are of this machine, .* give one of them"),
    ],
)
def test_arguments_that_cannot_be(tmp_path: pathlib.Path, arguments: dict, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        engine.run(square, [1], folder=tmp_path, **arguments)
