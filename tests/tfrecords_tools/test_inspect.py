"""Tests of tfrecords_tools/inspect.py."""

import pathlib
import re

import pytest

from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.inspect import inspect
from tfrecords_tools.requests import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("tiny")
    write_tiny(folder)
    return folder


def _line(text: str, start: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if re.match(start, line.strip()))


def test_the_report_counts_every_slice_and_task(folder: pathlib.Path) -> None:
    text = inspect(folder)
    assert "train    3 requests, 6 pairs, 2 days, 2017-03-01 to 2017-03-02, 2 shards" in text
    assert "items    4: 2 standard, 2 shopping" in text
    assert _line(text, r"home shopping") == ["home", "shopping", "2", "3", "ctr", "2", "0.5000", "2", "1"]


def test_the_report_shows_where_a_feature_cannot_exist(folder: pathlib.Path) -> None:
    text = inspect(folder)
    assert _line(text, r"words ") == ["words", ".", "1.000"]
    assert _line(text, r"age ") == ["age", "0.500", "1.000"]


def test_the_report_has_label_quantiles(folder: pathlib.Path) -> None:
    assert "Quantiles of labels, train, 3 requests read" in inspect(folder)
    # ctr of train: 0.125, 0.25, 0.5, 0.5, 0.75
    assert _line(inspect(folder), r"ctr +0") == ["ctr", "0.125", "0.13", "0.175", "0.5", "0.65", "0.74", "0.75"]


def test_the_report_shows_records_with_their_missing_values(folder: pathlib.Path) -> None:
    text = inspect(folder, records=1)
    assert "Request r0, 2017-03-01 00:00:00 UTC, on home" in text
    assert "Request r1" not in text
    assert "country: fr" in text
    assert _line(text, r"item/tags") == ["item/tags", "[red", "big]", "[red]"]
    assert _line(text, r"label/gctr") == ["label/gctr", "0.25", "-"]


def test_a_folder_without_manifest_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"holds no manifest.json"):
        inspect(tmp_path)
