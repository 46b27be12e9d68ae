import json

import pytest

from mtmd_tf.sizing.settle import settle
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema


@pytest.fixture
def opened(labeled) -> tuple[Manifest, Schema]:
    return Manifest.load(labeled), Schema.load(labeled)


def test_a_run_that_goes_on_keeps_what_the_rule_once_chose(opened, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"model": {"deep_units": [24, 12], "dim": 8}, "train": {"epochs": 7, "patience": 3}}))
    found = settle(*opened, model={}, train={"patience": 4}, config=config)
    assert (found.model.deep_units, found.train.epochs, found.train.patience) == ((24, 12), 7, 4)
    assert found.model.dim == 16  # nobody leaves it to the data: what is not said is at its default
    assert "epochs" not in found.reasons


def test_a_new_run_follows_the_data(opened, tmp_path):
    found = settle(*opened, model={}, train={}, config=tmp_path / "config.json")
    assert found == settle(*opened, model={}, train={})
    assert found.train.held_out_days == 1


def test_a_slice_has_settings_of_its_own_size_and_the_same_days_held_out(opened):
    whole, one = (settle(*opened, model={}, train={}, slice_name=name) for name in ("", "search/standard"))
    assert one.train.held_out_days == whole.train.held_out_days
    assert one.train.batch_requests < whole.train.batch_requests


def test_an_unknown_slice_is_refused(opened):
    with pytest.raises(DataError, match=r"no slice 'feed' in schema 'tiny'"):
        settle(*opened, model={}, train={}, slice_name="feed")
