"""Tests of mtmd_tf/heavyweight/labels/two_rankers.py and mtmd_tf/jobs/compare_labels.py."""

import pathlib

import numpy as np
import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.side_by_side import side_by_side
from mtmd_tf.heavyweight.labels.two_rankers import compare_labels
from mtmd_tf.jobs import compare_labels as job
from tests.mtmd_tf.jobs.recipe import call
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.requests import DataError


def labeled(out: pathlib.Path, ctr: list[float]) -> DataSet:
    """The tiny requests; ctr's events are 1 0 0 | 1 ? 1 on the training days."""
    requests = tiny_requests()
    requests.label["ctr"] = np.array([*ctr, 0.5, 0.25], np.float32)
    del requests.label["gctr"]
    write_tiny(out, blocks=[requests])
    return DataSet.open(out)


def test_the_better_order_has_the_higher_auc(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture) -> None:
    good = labeled(tmp_path / "good", [0.9, 0.1, 0.2, 0.8, 0.5, 0.7])
    bad = labeled(tmp_path / "bad", [0.1, 0.2, 0.9, 0.8, 0.5, 0.7])
    train = next(row for row in compare_labels(good, bad) if row.split == "train")
    assert (train.task, train.pairs, train.positives) == ("ctr", 5, 3)
    assert train.aucs.first == 1.0
    assert train.aucs.second == pytest.approx(2 / 6)  # .8 and .7 are above .2; .9 is above all, .1 below all
    call(job, f"--first={good.folder}", f"--second={bad.folder}")
    assert "| train | ctr  |     5 |         3 | 1.0000 | 0.3333 | +0.6667 [" in capsys.readouterr().out


def test_other_requests_are_refused(tmp_path: pathlib.Path) -> None:
    good = labeled(tmp_path / "good", [0.9, 0.1, 0.2, 0.8, 0.5, 0.7])
    requests = tiny_requests()
    requests.request_id[1] = b"another"
    write_tiny(tmp_path / "other", blocks=[requests])
    with pytest.raises(
        DataError,
        match=r"other, split train: its requests are not those of .*good, in order; label the same data with",
    ):
        compare_labels(good, DataSet.open(tmp_path / "other"))


def test_labels_without_a_task_in_common_are_refused_and_both_columns_are_named(tmp_path: pathlib.Path) -> None:
    good = labeled(tmp_path / "good", [0.9, 0.1, 0.2, 0.8, 0.5, 0.7])
    no_labels = tiny_requests()
    no_labels.label.clear()
    write_tiny(tmp_path / "unlabeled", blocks=[no_labels])
    both = r"good and .*unlabeled have \['label/ctr', 'event/ctr', 'event/gctr'\] and \['event/ctr', 'event/gctr'\]; an"
    with pytest.raises(DataError, match=both):
        compare_labels(good, DataSet.open(tmp_path / "unlabeled"))


def test_a_missing_day_is_left_out_and_a_missing_request_is_refused(tmp_path: pathlib.Path) -> None:
    whole, requests = labeled(tmp_path / "whole", [0.9, 0.1, 0.2, 0.8, 0.5, 0.7]), tiny_requests()
    without = {"a_day": requests.rows(0, 2), "a_request": requests.rows(0, 1)}  # of 2017-03-01 r0 and r1, or r0 alone
    for name, rows in without.items():
        write_tiny(tmp_path / name, blocks=[rows, requests.rows(3, 4)])
    [(ours, theirs)] = side_by_side(whole, DataSet.open(tmp_path / "a_day"), "train", mend="mend it")
    assert ours.request_id.numpy().tolist() == theirs.request_id.numpy().tolist() == [b"r0", b"r1"]
    fewer = DataSet.open(tmp_path / "a_request")
    for first, second in ((whole, fewer), (fewer, whole)):
        message = rf"{second.folder}, split train: its requests are not those of {first.folder}, in order; mend it$"
        with pytest.raises(DataError, match=message):
            list(side_by_side(first, second, "train", mend="mend it", batch_requests=1))
