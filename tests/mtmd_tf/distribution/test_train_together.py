"""`train.py` as several workers, and what it refuses before TensorFlow is loaded."""

import json

import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError, DistributionConfig
from mtmd_tf.distribution.group import make_group
from tests.mtmd_tf.distribution.processes import ended, free_addresses, start, start_workers, tf_config
from tests.narrow import NARROW

ONE_BATCH = ("--batch_requests=160", "--held_out_days=1", "--epochs=3", "--alignment=rcr")


def command(data, run, *flags: str) -> tuple[str, ...]:
    return ("train.py", f"--data={data}", f"--run={run}", *NARROW, *flags)


@pytest.mark.slow
def test_two_workers_train_what_one_process_does_and_the_chief_reports(labeled, tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    workers = start_workers(command(labeled, together, *ONE_BATCH, "--strategy=multi_worker"))
    [(code, _, errors)] = ended([start(command(labeled, alone, *ONE_BATCH))])
    assert code == 0, errors
    chief, other = ended(workers)
    assert (chief[0], other[0]) == (0, 0), (chief, other)
    assert other[1] == "Worker 1 has trained; worker 0 measures.\n"
    assert (together / "report.md").read_text().splitlines()[2:] != []
    one, two = (json.loads((run / "fit.json").read_text()) for run in (alone, together))
    assert (two["steps"], two["pairs"]) == (one["steps"], one["pairs"])
    assert two["held_out_loss"] == pytest.approx(one["held_out_loss"], rel=1e-4)


def test_what_breaks_a_rule_of_the_cluster_is_one_line(labeled, tmp_path):
    first, second = free_addresses(2)
    run, strategy = tmp_path / "run", "--strategy=multi_worker"
    cases = [
        (("--strategy=all",), "", "should be one of <none|mirrored|multi_worker>"),
        (
            ("--strategy=parameter_server",),
            "",
            "error: flag --strategy=parameter_server: there is none, for an exported tower must fit one machine "
            "anyway; say --max_table_rows for fewer rows, --tables=host for tables beyond a GPU's memory, or "
            "--strategy=multi_worker for more machines; see --help.",
        ),
        ((strategy,), "", "error: --strategy=multi_worker reads the environment variable TF_CONFIG, which is not set"),
        ((strategy, "--worker_timeout=1"), tf_config([first, second], 0), f"error: no worker at {second} (worker 1)"),
        ((strategy, "--data=nowhere"), tf_config([first], 0), "error: no data set at nowhere, and no worker builds it"),
        (("--strategy=mirrored", "--retrieval_weight=1"), "", "error: --retrieval_weight compares the pairs of one"),
    ]
    told = ended([start(command(labeled, run, *flags), TF_CONFIG=config) for flags, config, _ in cases])
    for (flags, _, message), (code, _, errors) in zip(cases, told, strict=True):
        assert code == 1, flags
        assert message in errors
        assert len(errors.splitlines()) == 1, errors
    assert not run.exists()


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU here")
def test_a_gpu_is_refused_where_there_is_none():
    with pytest.raises(ConfigError, match="--device=gpu, and TensorFlow finds no GPU here; install"):
        make_group(DistributionConfig(device="gpu"), None)


def test_without_a_strategy_there_is_no_group():
    assert make_group(DistributionConfig(), None) is None
