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
    assert results.keep([dataclasses.replace(record, run="old")], tmp_path) == ()
    assert results.keep([record], tmp_path) == ("old",)
    assert results.keep([record], tmp_path) == ()
    assert results.kept(tmp_path, [RUN.name]) == {RUN.name: record}
    with pytest.raises(ConfigError, match=r"runs lacks the record of old\."):
        results.kept(tmp_path, ["old"])


def test_all_that_are_kept_come_by_name(record, tmp_path):
    results.keep([dataclasses.replace(record, run=name) for name in "ba"], tmp_path)
    assert [each.run for each in results.all_kept(tmp_path)] == ["a", "b"]


@dataclasses.dataclass(frozen=True)
class Cell:
    low: float


@dataclasses.dataclass(frozen=True)
class Small:
    names: dict[str, tuple[tuple[str, ...], ...]]
    cells: tuple[Cell, ...]


def test_a_table_keeps_its_tuples_and_its_cells(tmp_path):
    small = Small(names={"a": (("b", "c"), ("d",))}, cells=(Cell(low=0.5), Cell(low=1.5)))
    results.save(small, tmp_path / "small.json")
    assert results.load(tmp_path / "small.json", Small, cell=Cell, title="small table") == small


def test_a_table_of_another_version_is_named(tmp_path):
    (tmp_path / "small.json").write_text('{"names": {}, "cells": [{"high": 1.0}]}')
    with pytest.raises(ConfigError, match=r"small\.json is no small table of this version: .*'high'"):
        results.load(tmp_path / "small.json", Small, cell=Cell, title="small table")


@pytest.mark.parametrize("name", ["hf-mtmd/config.json", "notes.json", "report.md"])
def test_what_is_no_record_is_not_removed(record, tmp_path, name):
    path = tmp_path / "runs" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ConfigError, match=r"is no record of a finished run"):
        results.keep([record], tmp_path)
    assert path.read_text() == "{}"
    assert not (tmp_path / "runs" / f"{RUN.name}.json").exists()
