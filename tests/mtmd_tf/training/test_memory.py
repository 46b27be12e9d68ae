"""Tests of mtmd_tf/training/memory.py."""

import dataclasses

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import runs
from mtmd_tf.training.memory import require_memory
from tests.tfrecords_tools.tiny import some_tokens, tiny_schema


def _schema(side: str):
    large = some_tokens(name="user", side=side, kind="categorical", hash_buckets=2_000_000_000)
    return dataclasses.replace(tiny_schema(), features=(*tiny_schema().features, large))


def test_tables_that_fit_pass() -> None:
    require_memory(tiny_schema(), dim=16, cross=True)
    require_memory(_schema("cross"), dim=1024, cross=False)  # a table that only a heavyweight ranker has
    require_memory(_schema("query"), dim=1024, cross=False, most_rows=100_000)


@pytest.mark.parametrize("side", ["query", "item", "cross"])
def test_tables_larger_than_memory_are_refused_with_both_sizes(side: str) -> None:
    wanted = rf"take 14\.9 TiB at --dim=1024, .* the largest is {side}/user with 2,000,000,000 rows: give it fewer"
    with pytest.raises(ConfigError, match=wanted):
        require_memory(_schema(side), dim=1024, cross=True)


def test_a_run_is_not_begun_with_them(labeled, tmp_path) -> None:
    data = dataclasses.replace(DataSet.open(labeled), schema=_schema("query"))
    with pytest.raises(ConfigError, match="the largest is query/user"):
        runs.claim(tmp_path / "run", data, model=ModelConfig(dim=4096), train=TrainConfig())
    assert not (tmp_path / "run").exists()
