"""Two replicas, in one process or in two, train as one does; each resumes what another number of them began."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError
from mtmd_tf.distribution.group import Group
from mtmd_tf.training.checkpoints import restore_best
from tests import warm
from tests.mtmd_tf.distribution import tiny_model
from tests.mtmd_tf.distribution.processes import ended, run_workers, start_workers
from tests.mtmd_tf.killed import Killed
from tests.mtmd_tf.labeled import weights_of, write_labeled

WORKER = ("-m", "tests.mtmd_tf.distribution.worker")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labeled(tmp_path_factory.mktemp("together") / "data", spread=True)


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("together") / "alone"
    model, result = tiny_model.train(data, run)
    return run, model, result


@pytest.fixture(scope="module")
def half(data, tmp_path_factory):
    """What one process left that was killed after two steps of four."""
    run = tmp_path_factory.mktemp("together") / "half"
    with pytest.raises(Killed):
        tiny_model.train(data, run, kind=tiny_model.Mortal)
    return run


def numbers(run, name):
    return [line[name] for line in map(json.loads, (run / "metrics.jsonl").read_text().splitlines()) if name in line]


def best(run):
    model = tiny_model.TinyModel()
    model.make_variables()
    restore_best(model, run)
    return weights_of(model)


def require_equal(run, alone):
    for one, other in zip(weights_of(alone[1]), best(run), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    for name in ("loss", "gradient_norm", "held_out_loss", "held_out_kl/ctr", "held_out_kl/gctr"):
        np.testing.assert_allclose(numbers(run, name), numbers(alone[0], name), rtol=1e-5)
    told = json.loads((run / "fit.json").read_text())
    assert (told["steps"], told["pairs"]) == (alone[2].steps, alone[2].pairs) == (4, 4 * 160 * 4)


def test_workers_that_see_different_checkpoints_are_refused(data, tmp_path):
    class Apart(Group):
        """Another worker, which finds a checkpoint of step 2."""

        def told(self, number: int = 0) -> list[int]:
            return [*super().told(number), 2]

    group = Apart(strategy=tf.distribute.MirroredStrategy(["CPU:0"]))
    with pytest.raises(
        ConfigError, match=r"checkpoints in .*/run are of steps \[0, 2\]; --run must be one folder that"
    ):
        tiny_model.train(data, tmp_path / "run", group=group)


def test_one_replica_is_one_process(data, alone, tmp_path):
    run = tmp_path / "run"
    group = Group(strategy=tf.distribute.MirroredStrategy(["CPU:0"]))
    tiny_model.train(data, run, group=group)
    require_equal(run, alone)


def test_two_replicas_of_one_process_go_on_where_one_was_killed_and_end_as_one_would(data, alone, half, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(half, run)
    done = warm.run(*WORKER, "mirrored", str(data), str(run))
    assert done.returncode == 0, done.stderr
    assert f"Going on from step 2 of 4 in {run}." in done.stdout
    require_equal(run, alone)


def test_one_process_goes_on_where_two_workers_were_killed_and_ends_as_if_there_had_been_one(
    data, alone, tmp_path, capsys
):
    run = tmp_path / "run"
    workers = run_workers((*WORKER, "multi_worker", str(data), str(run), "Mortal"))
    assert [each.returncode for each in workers] == [9, 9], workers
    tiny_model.train(data, run)
    assert f"Going on from step 2 of 4 in {run}." in capsys.readouterr().out
    require_equal(run, alone)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "victim"), [("WorkerDies", 1), ("ChiefDies", 0)])
def test_when_one_worker_is_killed_the_other_ends_in_one_line_and_the_same_command_goes_on(
    data, alone, tmp_path, kind, victim
):
    run = tmp_path / "run"
    command = (*WORKER, "multi_worker", str(data), str(run))
    told = ended(start_workers((*command, kind)))
    code, _, errors = told[1 - victim]
    assert (told[victim][0], code) == (9, 1), told
    [line] = re.findall(r"error: (.*)", errors)
    assert line.startswith(f"a worker of the 2 was lost, as worker {1 - victim} sees it ("), errors
    assert line.endswith(f"to go on from the last checkpoint in {run}, or wait longer with --worker_timeout.")
    again = ended(start_workers(command))
    assert [code for code, _, _ in again] == [0, 0], again
    assert f"Going on from step 2 of 4 in {run}." in again[0][1]
    require_equal(run, alone)
