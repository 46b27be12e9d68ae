"""Tests of mtmd_tf/training/beginning.py."""

import pytest

from mtmd_tf.config import TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training.beginning import begin


def test_what_many_experts_cost_is_said_before_the_model_is_made(labeled, narrow, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mtmd_tf.sizing.start._LONG", 0.0)  # so that two of each are many
    monkeypatch.setattr("mtmd_tf.training.runs.new_model", lambda run: pytest.fail("made"))
    with pytest.raises(pytest.fail.Exception, match="made"):
        begin(tmp_path / "run", DataSet.open(labeled), model=narrow, train=TrainConfig(held_out_days=2))
    said = capsys.readouterr().out
    assert said.startswith("Warning: 2 surfaces and 2 products have an expert each: before the first step, about 10 s ")
    assert said.count("\n") == 1
