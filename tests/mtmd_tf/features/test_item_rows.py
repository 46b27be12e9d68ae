"""Compact records give the batches of plain ones, bit by bit; a row that the item table lacks is refused."""

import dataclasses
import pathlib
import re
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.evaluation.buckets import label_buckets
from mtmd_tf.evaluation.evaluate import evaluate
from mtmd_tf.evaluation.value_counts import frequent_values
from mtmd_tf.features.columns import ColumnParser
from mtmd_tf.features.division import Parts
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.labeler import Labeler
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.serving.ranking.find import find_request
from tests.malformed import refused
from tests.mtmd_tf.evaluation.test_evaluate import Constant
from tests.tfrecords_tools.item_table.generated import generated
from tests.tfrecords_tools.item_table.test_table import SCHEMAS, changed_row, written
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools import corpus
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.labels import copy_with_labels
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema
from tfrecords_tools.shards import write_dataset

COLUMNS = ("label/ctr", "label/gctr", "event/ctr", "bid")


def same(one: Any, other: Any) -> None:
    """Refuses two structures of tensors that differ in a bit."""
    tf.nest.assert_same_structure(one, other)
    for left, right in zip(
        tf.nest.flatten(one, expand_composites=True), tf.nest.flatten(other, expand_composites=True), strict=True
    ):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        assert left.numpy().tobytes() == right.numpy().tobytes() or left.numpy().tolist() == right.numpy().tolist()


@settings(max_examples=15)
@given(
    schema=st.sampled_from(SCHEMAS),
    seed=st.integers(0, 2**32),
    requests=st.integers(1, 12),
    versions=st.integers(1, 4),
)
def test_batches_of_any_schema_are_the_same_bit_by_bit(schema: Schema, seed: int, requests: int, versions: int) -> None:
    log = generated(schema, seed=seed, requests=requests, versions=versions)
    with tempfile.TemporaryDirectory() as folder:
        records, items = written(pathlib.Path(folder), schema, [log])
    plain = RequestParser(schema, columns=COLUMNS, cross=True)(tf.constant(list(encode_requests(schema, log))))
    same(RequestParser(schema, columns=COLUMNS, cross=True, items=items)(tf.constant(records)), plain)


class Both(NamedTuple):
    """The folders of one log, written plain and compact."""

    plain: pathlib.Path
    compact: pathlib.Path

    def opened(self, slice_name: str = "") -> tuple[DataSet, DataSet]:
        """Both data sets."""
        return DataSet.open(self.plain, slice_name=slice_name), DataSet.open(self.compact, slice_name=slice_name)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """80 requests over four days of items with three versions each."""
    log, folder = generated(tiny_schema(), seed=1, requests=80, items=9), tmp_path_factory.mktemp("both")
    for name in Both._fields:
        write_dataset(
            folder / name,
            schema=tiny_schema(),
            requests=[log.rows(0, 30), log.rows(30, 80)],
            items=corpus.items_of(log),
            eval_from="2017-03-03",
            source={"name": "generated", "arguments": {}},
            compact=name == "compact",
        )
    return Both(folder / "plain", folder / "compact")


@pytest.mark.parametrize(
    ("parser", "key"),
    [
        (RequestParser(tiny_schema(), columns=COLUMNS), "item/id"),
        (RequestParser(tiny_schema(), columns=()), "item/id"),
        (ColumnParser(tiny_schema(), ("surface", "item/product")), "item/product"),
        (ColumnParser(tiny_schema(), ("item/mask", "item/brand")), "item/mask"),
    ],
)
def test_compact_records_without_their_table_are_refused_by_every_parser(
    both: Both, parser: Callable[[tf.Tensor], Any], key: str
) -> None:
    records = list(tf.data.TFRecordDataset([shard.path for shard in DataSet.open(both.compact).shards("eval")]))
    rule = rf"(?s){key}: a request has at least one candidate; it has none\. .*read with its item table.*r\d\d\d"
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        parser(tf.stack(records))


@settings(max_examples=10)
@given(requests=st.integers(1, 6), empty=st.integers(0, 5))
def test_one_request_without_candidates_among_others_is_named(requests: int, empty: int) -> None:
    log, place = generated(tiny_schema(), seed=5, requests=requests), empty % requests
    examples = [tf.train.Example.FromString(record) for record in encode_requests(tiny_schema(), log)]
    for key, feature in examples[place].features.feature.items():
        if key.partition("/")[0] in ("item", "label", "event", "cross") or key == "bid":
            feature.Clear()
    parser = RequestParser(tiny_schema(), columns=COLUMNS)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"(?s)it has none.*r{place:03d}"):
        parser(tf.constant([example.SerializeToString() for example in examples]))


def test_manifests_count_the_same(both: Both) -> None:
    plain, compact = (data.manifest for data in both.opened())
    assert plain.statistics == compact.statistics
    for split in ("train", "eval"):
        one, other = ({k: v for k, v in m.splits[split].items() if k != "shards"} for m in (plain, compact))
        assert one == other
    assert (plain.compact, compact.compact) == (False, True)


@pytest.mark.parametrize(("slice_name", "share"), [("", 1.0), ("search/standard", 0.5)])
def test_shuffled_batches_of_a_slice_and_a_sample_are_the_same(both: Both, slice_name: str, share: float) -> None:
    plain, compact = (data.sampled(share, seed=2) for data in both.opened(slice_name))
    options = {"batch_requests": 16, "cross": True, "shuffle_requests": 50, "seed": 3}
    assert plain.requests("train") == compact.requests("train") > 0
    for one, other in zip(plain.batches("train", **options), compact.batches("train", **options), strict=True):
        same(other, one)


def test_parts_of_a_batch_are_the_same(both: Both) -> None:
    options = {"batch_requests": 20, "parts": Parts(total=2, first=0, parts=2)}
    one, other = (list(data.parted_batches("eval", **options)) for data in both.opened())
    assert len(one) == 2
    same(other, one)


def test_evaluations_are_the_same(both: Both) -> None:
    features = [feature for feature in tiny_schema().features if feature.name in ("country", "brand")]
    found = [
        (
            dataclasses.replace(evaluate(Constant(), data, run="constant"), data="both"),
            label_buckets(data, split="eval", parents={"ctr": None, "gctr": "ctr"}),
            frequent_values(data, split="eval", features=features),
        )
        for data in both.opened()
    ]
    assert repr(found[0]) == repr(found[1])


def test_labels_are_the_same_and_a_labeled_copy_stays_compact(both: Both, tmp_path: pathlib.Path) -> None:
    plain, compact = both.opened()
    ranker = HeavyweightRanker(plain.schema)
    for name, data in (("plain", plain), ("compact", compact)):
        copy_with_labels(
            data.folder,
            tmp_path / name,
            days=data.manifest.days("eval"),
            score=Labeler(ranker, seen=(), items=data.items),
            origin={},
            drop_cross=True,
            replace=True,
        )
    plain, compact = DataSet.open(tmp_path / "plain"), DataSet.open(tmp_path / "compact")
    assert compact.manifest.compact
    assert sum(s.bytes for s in compact.manifest.shards("eval")) < sum(s.bytes for s in plain.manifest.shards("eval"))
    one, other = (list(data.batches("eval", batch_requests=16)) for data in (plain, compact))
    assert np.isfinite(one[0].label["ctr"].numpy()).all()
    same(other, one)


def test_a_request_is_found_with_the_same_features(both: Both) -> None:
    assert find_request(both.plain) == find_request(both.compact)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("item/row", 10**6, "item/row: below the number of rows of the item table's part is the rule"),
        ("item/row", -1, "item/row: below the number of rows of the item table's part is the rule"),
        ("item/part", 3, "item/part: one of the item table's 1 parts, 17226 to 17226, is the rule"),
    ],
)
def test_a_row_that_the_table_lacks_names_file_and_record(
    both: Both, tmp_path: pathlib.Path, key: str, value: int, rule: str
) -> None:
    path = changed_row(both.compact, tmp_path / "broken", key=key, value=value, record=2)
    match = rf"^{re.escape(str(path))}, record 2: .*; it is\W* {value} .*r002\W*$"
    with refused("record", (key, value), DataError, match=match) as error:
        list(DataSet.open(tmp_path / "broken").batches("train", batch_requests=50))
    assert rule in str(error.value).replace("\\", "")
