"""Tests of tfrecords_tools/statistics.py."""

import pickle

import numpy as np
import pytest

from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.statistics import Moments, SplitStatistics


def _counts(*bounds: tuple[int, int]) -> SplitStatistics:
    counts = SplitStatistics(tiny_schema())
    for start, stop in bounds:
        counts.add(tiny_requests().rows(start, stop))
    return counts


def test_moments_of_one_to_four_in_two_batches() -> None:
    moments = Moments()
    moments.merge(Moments.of(np.array([1.0])))
    moments.merge(Moments.of(np.array([2.0, 3.0, 4.0])))
    result = moments.to_dict()
    assert result == {"mean": 2.5, "std": pytest.approx(1.25**0.5), "min": 1.0, "max": 4.0, "present": 4}


def test_moments_of_nothing_are_null() -> None:
    assert Moments().to_dict() == {"mean": None, "std": None, "min": None, "max": None, "present": 0}


def test_large_numbers_keep_their_spread() -> None:
    moments = Moments()
    for value in (1e9, 1e9 + 1, 1e9 + 2):
        moments.merge(Moments.of(np.array([value])))
    assert moments.to_dict()["std"] == pytest.approx((2 / 3) ** 0.5)


def test_counts_of_a_slice() -> None:
    slices = _counts((0, 4)).to_dict()["slices"]
    assert slices["home"]["shopping"]["requests"] == 2  # r0 and r2, though r2 has two such candidates
    assert slices["home"]["shopping"]["pairs"] == 3
    assert slices["home"]["shopping"]["tasks"]["ctr"] == {"labeled": 2, "label_mean": 0.5, "events": 2, "positives": 1}
    assert slices["search"]["shopping"]["pairs"] == 1


def test_a_task_is_counted_only_where_it_exists() -> None:
    slices = _counts((0, 4)).to_dict()["slices"]
    assert list(slices["home"]["shopping"]["tasks"]) == ["ctr"]
    assert list(slices["home"]["standard"]["tasks"]) == ["ctr", "gctr"]


def test_labels_above_their_parents_are_counted_where_there_are_some() -> None:
    requests = tiny_requests()
    requests.label["gctr"][[0, 2, 6]] = [0.75, 0.125, 0.875]  # ctr: .5 .125 .5
    counts = SplitStatistics(tiny_schema())
    counts.add(requests)
    slices = counts.to_dict()["slices"]
    of_gctr = slices["home"]["standard"]["tasks"]["gctr"]
    assert of_gctr["above_parent"] == 1
    assert of_gctr["label_mean"] - of_gctr["lowered_mean"] == pytest.approx(0.25 / of_gctr["labeled"])
    assert "lowered_mean" not in slices["home"]["standard"]["tasks"]["ctr"]
    assert slices["search"]["standard"]["tasks"]["gctr"]["above_parent"] == 1
    assert "above_parent" not in slices["home"]["standard"]["tasks"]["ctr"]


def test_presence_is_a_share_of_the_domains_rows() -> None:
    presence = _counts((0, 4)).to_dict()["presence"]
    assert presence["query"]["home"] == {"country": 1.0, "age": 0.5, "visits": 1.0, "taste": 1.0}
    assert presence["query"]["search"]["words"] == 1.0
    assert presence["item"]["shopping"]["tags"] == 0.5  # b has tags, d has none; two pairs of each
    assert "discount" not in presence["item"]["standard"]


def test_statistics_are_of_present_values() -> None:
    statistics = _counts((0, 3)).statistics()
    assert statistics["query/age"] == {"mean": 15.0, "std": 5.0, "min": 10.0, "max": 20.0, "present": 2}
    assert statistics["item/discount"]["present"] == 3
    assert "query/country" not in statistics


def test_batches_do_not_change_the_counts() -> None:
    assert _counts((0, 1), (1, 4)).to_dict() == _counts((0, 4)).to_dict()


def test_statistics_that_was_pickled_can_still_be_merged() -> None:
    counts = _counts((0, 1))
    counts.merge(pickle.loads(pickle.dumps(_counts((1, 4)))))
    assert counts.to_dict() == _counts((0, 4)).to_dict()
