"""Tests of tfrecords_tools/labels.py."""

import itertools
import pathlib
from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from tests.tfrecords_tools.test_shards import folder_bytes, write_tiny
from tests.tfrecords_tools.tiny import tiny_requests
from tfrecords_tools.labels import copy_with_labels
from tfrecords_tools.manifest import FILE_NAME, Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema, SchemaError

DAYS = {"2017-03-02", "2017-03-03"}
ORIGIN = {"run": "heavyweight", "step": 7}


def price_over_ten(serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
    """The candidate's price / 10."""
    prices: list[float] = []
    for record in serialized:
        prices += tf.train.Example.FromString(record).features.feature["item/price"].float_list.value
    return {"ctr": np.array(prices, np.float32) / 10}


def _copy(source: pathlib.Path, out: pathlib.Path, **arguments) -> Manifest:
    arguments = {"days": DAYS, "score": price_over_ten, "origin": ORIGIN, **arguments}
    return copy_with_labels(source, out, **arguments)


@pytest.fixture
def source(tmp_path: pathlib.Path) -> pathlib.Path:
    """The tiny data set without labels, a request a shard."""
    requests = tiny_requests()
    requests.label.clear()
    write_tiny(tmp_path / "source", blocks=[requests], requests_per_shard=1)
    return tmp_path / "source"


def test_labels_are_the_scores_and_the_rest_stays(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    manifest = _copy(source, tmp_path / "out")
    records = list(read_records(manifest.shards("train")[0]))
    requests = decode_requests(Schema.load(tmp_path / "out"), records, manifest.columns)
    assert requests.request_id.tolist() == [b"r2"]
    np.testing.assert_allclose(requests.label["ctr"], [0.1, 0.2, 0.4], rtol=1e-6)
    assert list(requests.label) == ["ctr"]
    assert requests.event["ctr"].tolist() == [1, -1, 1]
    assert requests.cross["bought"].tolist() == [0, 2, 3]


def test_only_the_kept_days_are_there_in_their_splits(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    manifest = _copy(source, tmp_path / "out")
    assert (manifest.days("train"), manifest.days("eval")) == (("2017-03-02",), ("2017-03-03",))
    assert (manifest.requests("train"), manifest.pairs("eval")) == (1, 2)
    assert manifest.columns == ("label/ctr", "event/ctr", "event/gctr", "weight", "bid")
    mean = manifest.splits["train"]["slices"]["home"]["standard"]["tasks"]["ctr"]["label_mean"]
    assert mean == pytest.approx(0.1)


def test_the_manifest_says_where_the_labels_come_from(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    recorded = _copy(source, tmp_path / "out").source
    assert recorded["name"] == "tiny"
    assert recorded["labels"]["origin"] == ORIGIN
    assert recorded["labels"]["days"] == sorted(DAYS)


def test_the_corpus_is_copied(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    _copy(source, tmp_path / "out")
    name = "items/part-00000-of-00001.tfrecord"
    assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def test_cross_features_can_be_left_out(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    manifest = _copy(source, tmp_path / "out", drop_cross=True)
    schema = Schema.load(tmp_path / "out")
    manifest.check_schema(schema)
    assert schema.features_of("cross") == ()
    record = next(iter(read_records(manifest.shards("eval")[0])))
    assert not [key for key in tf.train.Example.FromString(record).features.feature if key.startswith("cross")]


def test_an_interrupted_copy_goes_on_where_it_was(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    calls = []

    def counted(serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
        calls.append(len(serialized))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return price_over_ten(serialized)

    days = {"2017-03-01", *DAYS}  # four shards of one request
    with pytest.raises(KeyboardInterrupt):
        _copy(source, tmp_path / "out", days=days, score=counted)
    assert not (tmp_path / "out/manifest.json").exists()
    _copy(source, tmp_path / "out", days=days, score=counted)
    assert len(calls) == 5  # two finished, one broken off, then only the last two
    _copy(source, tmp_path / "once", days=days)
    assert folder_bytes(tmp_path / "out") == folder_bytes(tmp_path / "once")


def test_shards_of_another_copy_are_not_kept(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def broken_off(serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
        if b"r2" in serialized[0]:
            raise KeyboardInterrupt
        return {"ctr": np.zeros_like(price_over_ten(serialized)["ctr"])}

    with pytest.raises(KeyboardInterrupt):
        _copy(source, tmp_path / "out", score=broken_off, origin={"run": "other"})
    assert list((tmp_path / "out/eval").rglob("part-*"))
    _copy(source, tmp_path / "out")
    _copy(source, tmp_path / "once")
    assert folder_bytes(tmp_path / "out") == folder_bytes(tmp_path / "once")


def test_killed_before_the_manifest_the_shards_are_kept(
    source: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Manifest) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            _copy(source, tmp_path / "out")
    _copy(source, tmp_path / "out", score=lambda _: pytest.fail("it labeled again"))
    _copy(source, tmp_path / "once")
    assert folder_bytes(tmp_path / "out") == folder_bytes(tmp_path / "once")


def test_killed_right_after_the_manifest_the_copy_is_complete(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    _copy(source, tmp_path / "out")
    before = folder_bytes(tmp_path / "out")
    (tmp_path / "out/.build.json").write_text("{}")
    _copy(source, tmp_path / "out")
    assert folder_bytes(tmp_path / "out") == before


def test_labels_that_are_there_are_not_replaced_unasked(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "source")
    rule = r"task ctr: .*source already carries label/ctr for 7 pairs, which scores would replace; .* or replace=True$"
    with pytest.raises(DataError, match=rule):
        _copy(tmp_path / "source", tmp_path / "out")
    assert not (tmp_path / "out" / FILE_NAME).exists()


def test_replacing_keeps_the_labels_of_other_tasks(tmp_path: pathlib.Path) -> None:
    write_tiny(tmp_path / "source")
    manifest = _copy(tmp_path / "source", tmp_path / "out", replace=True)
    records = list(read_records(manifest.shards("train")[0]))
    label = decode_requests(Schema.load(tmp_path / "out"), records, manifest.columns).label
    np.testing.assert_allclose(label["ctr"], [0.1, 0.2, 0.4], rtol=1e-6)
    np.testing.assert_array_equal(label["gctr"], tiny_requests().label["gctr"][3:6])


def test_a_label_where_the_task_does_not_exist_is_refused(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    def everywhere(serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
        return {"gctr": price_over_ten(serialized)["ctr"]}

    with pytest.raises(DataError, match=r"label/gctr: NaN, as the task does not exist in this slice"):
        _copy(source, tmp_path / "out", score=everywhere)


def test_requests_with_other_columns_than_the_first_are_refused(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    calls = itertools.count()

    def first_alone(serialized: Sequence[bytes]) -> dict[str, np.ndarray]:
        return {} if next(calls) else price_over_ten(serialized)

    rule = (
        r"out: every request must have the same columns; earlier ones have \['label/ctr', .*a later one \['event/ctr'"
    )
    with pytest.raises(DataError, match=rule):
        _copy(source, tmp_path / "out", score=first_alone)


def test_a_score_of_an_unknown_task_lists_the_tasks(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(SchemaError, match=r"task 'cvr' is not one of \['ctr', 'gctr'\]"):
        _copy(source, tmp_path / "out", score=lambda serialized: {"cvr": price_over_ten(serialized)["ctr"]})


def test_an_unknown_day_lists_the_days(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"no day 2018-01-01; .* has 2017-03-01 to 2017-03-03"):
        _copy(source, tmp_path / "out", days={"2018-01-01"})


def test_single_cross_features_can_be_left_out(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    manifest = _copy(source, tmp_path / "out", drop=["seen"])
    schema = Schema.load(tmp_path / "out")
    assert [feature.name for feature in schema.features_of("cross")] == ["bought"]
    requests = decode_requests(schema, list(read_records(manifest.shards("train")[0])), manifest.columns)
    assert requests.cross["bought"].tolist() == [0, 2, 3]
    assert requests.cross_mask is not None
    assert requests.cross_mask.tolist() == [[False], [True], [True]]
    assert manifest.source["labels"]["dropped"] == ["seen"]


def test_the_split_eval_can_begin_elsewhere(source: pathlib.Path, tmp_path: pathlib.Path) -> None:
    days = {"2017-03-01", *DAYS}
    manifest = _copy(source, tmp_path / "out", days=days, eval_from="2017-03-02")
    assert manifest.days("train") == ("2017-03-01",)
    assert manifest.days("eval") == ("2017-03-02", "2017-03-03")
    assert [shard.day for shard in manifest.shards("eval")] == ["2017-03-02", "2017-03-03"]
    assert manifest.shards("eval")[0].path.relative_to(tmp_path / "out").parts[0] == "eval"
    assert (manifest.requests("train"), manifest.requests("eval")) == (2, 2)
