"""Shards to batches: every request once, in an order that follows from seed and epoch; each fault by name."""

import json
import pathlib
import re
import shutil

import pytest
import tensorflow as tf

from mtmd_tf.features import serialized
from mtmd_tf.features.reading import DataSet
from mtmd_tf.features.serialized import serialized_requests
from tests.malformed import refused
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.requests import DataError
from tfrecords_tools.shards import write_dataset


@pytest.fixture
def folder(tmp_path):
    write_dataset(
        tmp_path / "tiny",
        schema=tiny_schema(),
        requests=[tiny_requests()],
        items=tiny_items(),
        eval_from=EVAL_FROM,
        source={"name": "tiny", "arguments": {}},
    )
    return tmp_path / "tiny"


def read(folder, split: str = "train", *, batch_requests: int = 2, **options) -> list[list[str]]:
    batches = DataSet.open(folder).batches(split, batch_requests=batch_requests, **options)
    return [[name.decode() for name in batch.request_id.numpy()] for batch in batches]


def test_a_split_is_read_once_in_the_order_of_time(folder):
    assert read(folder) == [["r0", "r1"], ["r2"]]
    assert read(folder, "eval") == [["r3"]]


def test_only_the_days_asked_for(folder):
    assert read(folder, days=["2017-03-02"]) == [["r2"]]


@pytest.mark.parametrize("shuffle_requests", [0, 10])
def test_no_shard_holds_no_request(shuffle_requests):
    assert list(serialized_requests([], shuffle_requests=shuffle_requests)) == []


def test_an_interrupted_pass_goes_on_where_it_was_as_seed_and_epoch_give_the_same_order_again(folder):
    options = {"batch_requests": 1, "shuffle_requests": 10, "seed": 3, "epoch": 1}
    assert read(folder, skip=1, take=1, **options) == read(folder, **options)[1:2]


def test_every_epoch_has_an_order_of_its_own_and_loses_nothing(folder):
    def order(epoch):
        return tuple(read(folder, batch_requests=3, shuffle_requests=10, seed=1, epoch=epoch)[0])

    first, other = order(0), order(1)
    assert sorted(first) == sorted(other) == ["r0", "r1", "r2"]
    assert first != other


def test_a_shuffle_buffer_holds_what_fits_and_at_least_one_request(folder, monkeypatch):
    data = DataSet.open(folder)

    def order() -> list[bytes]:
        batches = data.batches("train", batch_requests=1, shuffle_requests=1_000)
        return [batch.request_id.numpy()[0] for batch in batches]

    shuffled = order()
    monkeypatch.setattr(serialized, "_SHUFFLE_BYTES", 1)
    assert sorted(order()) == sorted(shuffled)
    assert serialized.fitting(data.shards("train")) == 1


def test_how_many_batches_a_pass_has(folder):
    data = DataSet.open(folder)
    assert data.batch_count("train", batch_requests=2) == 2
    assert data.batch_count("train", batch_requests=3) == 1
    assert data.batch_count("train", batch_requests=2, days=["2017-03-02"]) == 1


def test_a_sample_is_counted_and_batched_by_its_own_requests(labeled):
    data = DataSet.open(labeled).sampled(0.25, seed=1)
    batches = list(data.batches("train", batch_requests=16, shuffle_requests=50, seed=3))
    read = [name for batch in batches for name in batch.request_id.numpy()]
    assert data.requests("train") == len(read) == len(set(read))
    assert data.batch_count("train", batch_requests=16) == len(batches)
    assert {len(batch.request_id) for batch in batches[:-1]} == {16}


def test_a_share_of_1_is_the_whole_data_set(labeled):
    data = DataSet.open(labeled)
    assert data.sampled(1.0, seed=1) == data


def test_a_sample_of_a_slice_is_in_both(labeled):
    def names(data):
        return [name for batch in data.batches("train", batch_requests=50) for name in batch.request_id.numpy()]

    whole, sliced = DataSet.open(labeled), DataSet.open(labeled, slice_name="search/standard")
    both = set(names(whole.sampled(0.5, seed=1))) & set(names(sliced))
    assert set(names(sliced.sampled(0.5, seed=1))) == both != set()


def test_cross_features_come_where_asked_for(folder):
    data = DataSet.open(folder)
    assert next(data.batches("train", batch_requests=1, cross=True)).cross.mask.shape == (2, 2)


def test_serialized_requests_are_what_the_shards_hold(folder):
    paths = [str(shard.path) for shard in DataSet.open(folder).manifest.shards("train")]
    records = [tf.train.Example.FromString(record.numpy()) for record in serialized_requests(paths)]
    assert [record.features.feature["request_id"].bytes_list.value[0] for record in records] == [b"r0", b"r1", b"r2"]


def test_no_manifest(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(DataError, match=r"tiny holds no manifest\.json: the data set is incomplete or not one"):
        DataSet.open(folder)


def test_another_schema(folder):
    plain = json.loads((folder / "schema.json").read_text())
    plain["surfaces"].append("web")
    (folder / "schema.json").write_text(json.dumps(plain))
    with pytest.raises(DataError, match=r"was written with the schema [0-9a-f]{16}, but schema 'tiny' is [0-9a-f]{16}"):
        DataSet.open(folder)


def test_an_unknown_split(folder):
    with pytest.raises(DataError, match=r"no split 'test' in .*; it has \['eval', 'train'\]"):
        read(folder, "test")


@pytest.mark.parametrize("shuffle_requests", [0, 8])
def test_corrupt_records_are_skipped_and_counted_on_request(folder, shuffle_requests, caplog):
    path = next((folder / "train" / "day=2017-03-01").iterdir())
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF  # in r1, the last record of the first of two shards
    path.write_bytes(bytes(content))
    batches = read(folder, shuffle_requests=shuffle_requests, skip_corrupt=True)
    assert sorted(name for batch in batches for name in batch) == ["r0", "r2"]
    assert "split train: 1 requests lie behind corrupt records, skipped" in caplog.text


@pytest.mark.parametrize("shuffle_requests", [0, 10])
def test_a_corrupt_record_is_named_by_file_and_number(folder, shuffle_requests):
    path = next(DataSet.open(folder).manifest.shards("train")[0].path.parent.glob("*.tfrecord"))
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    wanted = re.escape(f"{path}, record 1: the record is corrupt or cut off")
    with pytest.raises(DataError, match=wanted):
        read(folder, shuffle_requests=shuffle_requests)


def test_a_missing_shard_is_an_error_for_a_slice_and_a_sample_too(labeled, tmp_path):
    """TensorFlow told to ignore errors would look for the file forever."""
    folder = shutil.copytree(labeled, tmp_path / "data")
    [path, *_] = (shard.path for shard in DataSet.open(folder).manifest.shards("train"))
    path.unlink()
    for data in (DataSet.open(folder, slice_name="*/standard"), DataSet.open(folder).sampled(0.5, seed=1)):
        with pytest.raises(DataError, match=re.escape(f"{path}: the manifest names this shard, and it is not there")):
            data.requests("train", skip_corrupt=True)
        with pytest.raises(DataError, match="it is not there; restore it"):
            next(data.batches("train", batch_requests=8, skip_corrupt=True))


def test_a_slice_counts_what_lies_behind_corrupt_records(labeled, tmp_path, caplog):
    folder = shutil.copytree(labeled, tmp_path / "data")
    data = DataSet.open(folder, slice_name="*/standard")
    [shard, *_] = data.manifest.shards("train")
    shard.path.write_bytes(shard.path.read_bytes()[:20])  # the first record is cut off
    with pytest.raises(DataError, match=re.escape(f"{shard.path}, record 0: the record is corrupt or cut off")):
        data.requests("train")
    assert data.requests("train", skip_corrupt=True) > 0
    assert f"split train: {shard.requests} requests lie behind corrupt records, skipped" in caplog.text


def test_a_cut_off_file_is_named(folder):
    path = DataSet.open(folder).manifest.shards("train")[1].path
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match=re.escape(f"{path}, record 0: the record is corrupt or cut off")):
        read(folder)


def test_a_missing_file_is_named(folder):
    path = DataSet.open(folder).manifest.shards("train")[1].path
    path.unlink()
    with pytest.raises(DataError, match=re.escape(f"{path}: the manifest names this shard, and it is not there")):
        read(folder)


def rewrite(path, key: str, values: list) -> None:
    """Changes a key of the second record of a shard."""
    records = [tf.train.Example.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    feature = records[1].features.feature[key]
    getattr(feature, feature.WhichOneof("kind")).value[:] = values
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record.SerializeToString())


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("surface", [b"web"], "unknown surface; the schema has ['home', 'search']; got"),
        ("query/age", [float("nan")], "a present feature must be finite, and a count at least 0; it is not:"),
    ],
)
def test_a_broken_record_is_named_by_file_number_and_rule(folder, key, values, message):
    path = DataSet.open(folder).manifest.shards("train")[0].path
    rewrite(path, key, values)
    match = re.escape(f"{path}, record 1: ") + ".*" + re.escape(message)
    with refused("record", (key, values), DataError, match=match) as error:
        read(folder)
    assert "r1" in str(error.value)


def damage(folder, how: str) -> pathlib.Path:
    """Makes a shard of sound records another than its manifest says, as a full disk, a bad copy or a mix-up does."""
    first, other = (shard.path for shard in DataSet.open(folder).manifest.shards("train"))
    content = first.read_bytes()
    records = [record.numpy() for record in tf.data.TFRecordDataset(str(first))]
    if how == "emptied":
        first.write_bytes(b"")
    elif how == "doubled":
        first.write_bytes(content * 2)
    elif how == "swapped":
        first.write_bytes(other.read_bytes())
        other.write_bytes(content)
    else:
        with tf.io.TFRecordWriter(str(first)) as writer:
            for record in records[:-1] if how == "shortened" else records[::-1]:
                writer.write(record)
    return first


@pytest.mark.parametrize("how", ["emptied", "doubled", "swapped", "shortened", "of other records of one size"])
@pytest.mark.parametrize("slice_name", ["", "*/standard"])
def test_a_shard_that_is_not_the_manifests_is_named(folder, how, slice_name):
    path = damage(folder, how)
    data = DataSet.open(folder, slice_name=slice_name)
    wanted = re.escape(str(path)) + r": (the manifest says \d+ bytes; the file holds \d+|holds other records)"
    with pytest.raises(DataError, match=wanted):
        next(data.batches("train", batch_requests=2))
    with pytest.raises(DataError, match=wanted):
        data.requests("train")


@pytest.mark.parametrize("field", ["requests", "pairs"])
def test_counts_that_the_manifest_has_wrong_end_a_pass(folder, field):
    manifest = DataSet.open(folder).manifest
    manifest.splits["train"]["shards"][0][field] += 1
    manifest.write()
    said = rf"tiny, split train: the manifest says \d+ {field} on these days; the shards hold \d+; python -m"
    with pytest.raises(DataError, match=said):
        read(folder)
    assert read(folder, take=1) == [["r0", "r1"]]


def test_a_pass_that_goes_on_behind_its_last_batch_counts_well(folder):
    assert read(folder, skip=2) == []
