import dataclasses

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import make_record
from tests.mtmd_tf.experiments.finished import leave_run

RUN = Run(model=ModelConfig(), train=TrainConfig(), data="d")


@pytest.fixture
def record(tmp_path):
    leave_run(RUN, tmp_path / "run")
    return make_record(RUN, tmp_path / "run", seconds=1.0)


def test_records_are_kept_and_those_of_another_order_are_not(record, tmp_path):
    assert results.save_records([dataclasses.replace(record, run="old")], tmp_path) == ()
    assert results.save_records([record], tmp_path) == ("old",)
    assert results.save_records([record], tmp_path) == ()
    assert results.records_of(tmp_path, [RUN.name]) == {RUN.name: record}
    with pytest.raises(ConfigError, match=r"runs lacks the record of old\."):
        results.records_of(tmp_path, ["old"])


def test_all_that_are_kept_come_by_name(record, tmp_path):
    results.save_records([dataclasses.replace(record, run=name) for name in "ba"], tmp_path)
    assert [each.run for each in results.all_records(tmp_path)] == ["a", "b"]


@pytest.mark.parametrize("name", ["hf-mtmd/config.json", "notes.json", "report.md"])
def test_what_is_no_record_is_not_removed(record, tmp_path, name):
    path = tmp_path / "runs" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ConfigError, match=r"is no record of a finished run"):
        results.save_records([record], tmp_path)
    assert path.read_text() == "{}"
    assert not (tmp_path / "runs" / f"{RUN.name}.json").exists()
