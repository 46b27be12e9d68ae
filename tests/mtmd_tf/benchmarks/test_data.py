"""Tests of mtmd_tf/benchmarks/data.py."""

import pathlib

import pytest

from mtmd_tf.benchmarks.data import require_data
from tfrecords_tools.manifest import Manifest


def test_it_is_built_where_it_is_missing_and_only_there(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = require_data(f"{tmp_path}/data", 500)
    manifest = Manifest.load(folder)
    assert sum(manifest.requests(split) for split in ("train", "eval")) == 500
    assert sum(manifest.pairs(split) for split in ("train", "eval")) == 12 * 500
    monkeypatch.setattr("subprocess.run", None)
    assert require_data(f"{tmp_path}/data", 900) == folder
