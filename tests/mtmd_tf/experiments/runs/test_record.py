import dataclasses
import json
import os
import platform

import pytest
import tensorflow as tf

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import Record, make_record
from tests.mtmd_tf.experiments.finished import leave_run

RUN = Run(model=ModelConfig(deep_units=(8, 4), crossing=False), train=TrainConfig(seed=2), data="d")


@pytest.fixture
def record(tmp_path) -> Record:
    leave_run(RUN, tmp_path)
    return make_record(RUN, tmp_path, seconds=12.34)


def test_it_gathers_what_the_run_left(record):
    assert (record.run, record.seed, record.slice, record.seconds) == (RUN.name, 2, "", 12.3)
    assert record.config["model"]["deep_units"] == [8, 4]
    assert record.parameters == {"embedding": 100, "non_embedding": 10}
    assert record.fit["cpu_seconds"] == 3.0
    [row] = record.rows  # the other has no pair
    assert (row["surface"], row["task"], row["log_mae"]) == ("home", "ctr", 0.3333333)


def test_it_says_what_the_run_was_on(record):
    [system, cores, *_, tensorflow] = record.machine.split(", ")
    assert (system.split()[0], cores) == (platform.system(), f"{os.cpu_count()} cores")
    assert tensorflow == f"TensorFlow {tf.__version__}"


def test_it_says_how_many_threads_the_run_had_where_that_is_known(record, tmp_path):
    assert make_record(RUN, tmp_path, seconds=1.0, threads=1).machine == f"{record.machine}, 1 thread a run"
    assert make_record(RUN, tmp_path, seconds=1.0, threads=2).machine == f"{record.machine}, 2 threads a run"


def test_it_is_read_as_it_was_written(record, tmp_path):
    record.save(tmp_path / "record.json")
    assert Record.load(tmp_path / "record.json") == record


def test_a_warning_of_the_run_is_held(tmp_path):
    leave_run(RUN, tmp_path)
    (tmp_path / "metrics.jsonl").write_text('{"step": 6, "held_out_loss": 0.5}\n')
    [told] = make_record(RUN, tmp_path, seconds=1.0).warnings
    assert "never left its warm-up" in told  # 9 steps of 100


@pytest.mark.parametrize("lost", ["rows", "funnel"])
def test_a_record_that_lost_a_list_is_refused(record, tmp_path, lost):
    plain = {name: value for name, value in dataclasses.asdict(record).items() if name != lost}
    (tmp_path / "record.json").write_text(json.dumps(plain))
    with pytest.raises(ConfigError, match=rf"record\.json is no record of a .*: Record needs the field '{lost}'"):
        Record.load(tmp_path / "record.json")


def test_a_record_from_before_warnings_were_held_is_read(record, tmp_path):
    plain = {name: value for name, value in dataclasses.asdict(record).items() if name != "warnings"}
    (tmp_path / "record.json").write_text(json.dumps(plain))
    assert Record.load(tmp_path / "record.json") == record


def test_the_latency_is_held_where_it_was_measured(record, tmp_path):
    assert record.latency == {}
    cost = {"home": {"median_ms": 0.5, "p99_ms": 0.75, "flops": 72, "active_parameters": 61}}
    (tmp_path / "latency.json").write_text(json.dumps(cost))
    assert make_record(RUN, tmp_path, seconds=1.0).latency == cost


def test_a_record_from_before_latency_was_measured_is_read(record, tmp_path):
    plain = {name: value for name, value in dataclasses.asdict(record).items() if name != "latency"}
    (tmp_path / "record.json").write_text(json.dumps(plain))
    assert Record.load(tmp_path / "record.json") == record


def test_the_funnel_is_that_of_the_slices_and_of_all(record):
    """Of 200 requests on home the best candidate is kept in 100, of 100 on search in none."""
    rows = {(row["surface"], row["product"]): row for row in record.funnel}
    assert list(rows) == [("home", "standard"), ("search", "standard"), ("all", "all")]
    assert [row["requests"] for row in rows.values()] == [{"1": 200}, {"1": 100}, {"1": 300}]
    assert [row["recall"]["1"]["1"] for row in rows.values()] == [0.5, 0.0, 0.3333333]
    assert [row["rank_correlation"] for row in rows.values()] == [0.0, -1.0, -0.3333333]


def test_an_unfinished_run_has_none(tmp_path):
    leave_run(RUN, tmp_path)
    (tmp_path / "fit.json").unlink()
    with pytest.raises(ConfigError, match=r"holds no finished run: .*fit\.json"):
        make_record(RUN, tmp_path, seconds=1.0)


@pytest.mark.parametrize("name", ["config", "fit", "parameters", "evaluation", "latency"])
@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_a_damaged_file_of_a_run_is_named_in_one_line(tmp_path, name, text):
    leave_run(RUN, tmp_path)
    (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(ConfigError, match=rf"^[^\n]*{name}\.json [^\n]*; [^\n]*$"):
        make_record(RUN, tmp_path, seconds=1.0)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "record.json").write_text('{"run": "x", "rows": []}')
    with pytest.raises(ConfigError, match=r"record\.json is no record of a finished run: "):
        Record.load(tmp_path / "record.json")


def test_the_same_settings_pass_and_others_do_not(record):
    record.require(RUN)
    with pytest.raises(ConfigError, match=r"was trained with deep_units=\[8, 4\], not \[8, 2\]; remove its folder"):
        record.require(dataclasses.replace(RUN, model=ModelConfig(deep_units=(8, 2), crossing=False)))


def test_a_setting_newer_than_the_record_was_at_its_default(record):
    del record.config["train"]["epochs"]
    record.require(RUN)
    with pytest.raises(ConfigError, match=r"was trained with epochs=2, not 3"):
        record.require(dataclasses.replace(RUN, train=TrainConfig(seed=2, epochs=3)))
