"""What a compact data set holds is what a plain one holds, bit by bit, whatever the schema; each fault has a name."""

import pathlib
import re
import shutil
import tempfile
from collections.abc import Callable

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.malformed import refused
from tests.odd import every_lack, odd_schema
from tests.tfrecords_tools.item_table.generated import generated
from tests.tfrecords_tools.tiny import EVAL_FROM, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.contents import contents_of
from tfrecords_tools.doctor import text
from tfrecords_tools.doctor.examine import examine
from tfrecords_tools.examples import encode_items, encode_requests
from tfrecords_tools.inspect import inspect
from tfrecords_tools.item_table import part, rows
from tfrecords_tools.item_table.part import PartWriter
from tfrecords_tools.item_table.table import ItemTable, table_of
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_file, read_records
from tfrecords_tools.requests import DataError, Requests
from tfrecords_tools.schema import Schema
from tfrecords_tools.shards import write_dataset
from tfrecords_tools.validate import validate

SCHEMAS = (tiny_schema(), *(odd_schema(shape) for shape in every_lack()))


def written(folder: pathlib.Path, schema: Schema, blocks: list[Requests]) -> tuple[list[bytes], ItemTable]:
    """Compact records of blocks, and the item table that they name."""
    writer = PartWriter(folder, schema=schema, number=7, folder="day=x")
    records = [record for block in blocks for record in encode_requests(schema, writer.place(block), compact=True)]
    entry = writer.close()
    manifest = Manifest(
        folder=folder,
        schema_fingerprint="",
        source={},
        columns=(),
        splits={},
        items={},
        statistics={},
        item_table=[entry],
    )
    table = table_of(manifest, schema)
    assert table is not None
    return records, table


@settings(max_examples=25)
@given(
    schema=st.sampled_from(SCHEMAS),
    seed=st.integers(0, 2**32),
    requests=st.integers(1, 12),
    versions=st.integers(1, 4),
    cut=st.integers(0, 12),
    rows_a_record=st.integers(1, 5),
)
def test_records_of_any_schema_come_back_bit_by_bit(
    schema: Schema, seed: int, requests: int, versions: int, cut: int, rows_a_record: int
) -> None:
    log = generated(schema, seed=seed, requests=requests, versions=versions)
    columns = ("label/ctr", "label/gctr", "event/ctr", "bid")
    cut = min(cut, requests)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (rows, part):
            patch.setattr(module, "ROWS_A_RECORD", rows_a_record)
        records, table = written(pathlib.Path(folder), schema, [log.rows(0, cut), log.rows(cut, requests)])
    again = decode_requests(schema, records, columns, items=table)
    assert list(encode_requests(schema, again)) == list(encode_requests(schema, log))
    assert list(encode_requests(schema, again, compact=True)) == records


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32), requests=st.integers(1, 12), versions=st.integers(1, 4))
def test_a_row_is_a_distinct_version_of_an_item(seed: int, requests: int, versions: int) -> None:
    schema = tiny_schema()
    log = generated(schema, seed=seed, requests=requests, versions=versions)
    with tempfile.TemporaryDirectory() as folder:
        _, table = written(pathlib.Path(folder), schema, [log])
    assert len(table) == len(set(encode_items(schema, log.items())))
    assert len(table.item_id) == len(set(log.item_id.tolist()))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The tiny data set, compact."""
    folder = tmp_path_factory.mktemp("compact") / "data"
    write(folder, compact=True)
    return folder


def write(folder: pathlib.Path, *, compact: bool) -> Manifest:
    """The tiny data set."""
    return write_dataset(
        folder,
        schema=tiny_schema(),
        requests=[tiny_requests()],
        items=tiny_items(),
        eval_from=EVAL_FROM,
        source={"name": "tiny", "arguments": {}},
        compact=compact,
    )


def changed_row(data: pathlib.Path, out: pathlib.Path, *, key: str, value: int, record: int) -> pathlib.Path:
    """A copy of a compact data set whose first shard has another value in one record; the manifest agrees with it."""
    shutil.copytree(data, out)
    manifest = Manifest.load(out)
    entry = manifest.splits["train"]["shards"][0]
    path = out / entry["path"]
    examples = [tf.train.Example.FromString(serialized) for serialized in read_file(path)]
    examples[record].features.feature[key].int64_list.value[0] = value
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            writer.write(example.SerializeToString())
    entry |= contents_of(path)
    manifest.write()
    return path


def test_the_tiny_item_table_by_hand(sound: pathlib.Path) -> None:
    """Items a to d are shown eight times, always alike."""
    manifest = Manifest.load(sound)
    table = table_of(manifest, tiny_schema())
    assert table is not None
    assert table.item_id.tolist() == [b"a", b"b", b"c", b"d"]
    assert table.columns["brand"].tolist() == [1, 2, 3, 9]
    assert manifest.item_table[0]["path"] == "item_table/day=2017-03-01/part-00000-of-00001.tfrecord"
    [record] = read_records(manifest.shards("eval")[0])
    features = tf.train.Example.FromString(record).features.feature
    assert features["item/row"].int64_list.value == [2, 3]
    assert features["item/part"].int64_list.value == [17_226]  # days from 1970-01-01 to 2017-03-01
    assert [key for key in features if key.startswith("item/")] != []
    assert not any(key.startswith("item/") and key not in ("item/row", "item/part") for key in features)


def test_compact_records_read_without_their_table_are_refused_and_not_empty(sound: pathlib.Path) -> None:
    manifest = Manifest.load(sound)
    records = read_records(manifest.shards("eval")[0])
    with pytest.raises(
        DataError, match=r"request \w+, item/id: a request has at least one candidate; it has none\..*table"
    ):
        decode_requests(tiny_schema(), list(records), ())


def test_a_later_version_holds_only_what_has_changed(tmp_path: pathlib.Path) -> None:
    log = tiny_requests()
    log.item["price"][6] = 30.0  # of c, which r1 showed at 3
    written(tmp_path, tiny_schema(), [log])
    [record] = read_file(tmp_path / "item_table" / "day=x" / "part-00000-of-00001.tfrecord")
    features = tf.train.Example.FromString(record).features.feature
    assert features["item/first"].int64_list.value == [0, 1, 2, 3, 2]
    assert features["item/changed"].int64_list.value == [31, 31, 31, 31, 2]
    assert features["item/price"].float_list.value == [1, 2, 3, 4, 30]
    assert features["item/brand"].int64_list.value == [1, 2, 3, 9]


def test_other_verbs_find_the_same(sound: pathlib.Path, tmp_path: pathlib.Path) -> None:
    write(tmp_path / "plain", compact=False)
    assert validate(sound).problems == ()
    assert validate(sound).records == 8
    assert text.whole(examine(sound)) == text.whole(examine(tmp_path / "plain")).replace(
        str(tmp_path / "plain"), str(sound)
    )
    table = "item table 4 versions of items, 1 parts, "
    shown = [line for line in inspect(sound).splitlines() if not line.startswith(table)]
    plain = inspect(tmp_path / "plain").splitlines()
    assert len(shown) == len(plain)
    assert shown[5:] == plain[5:]


def test_tensorflow_datasets_opens_it(sound: pathlib.Path) -> None:
    found = next(iter(tfds.builder_from_directory(sound).as_dataset(split="train_20170302")))
    assert found["item"]["row"].numpy().tolist() == [0, 1, 3]


def _cut_off(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: pathlib.Path) -> None:
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (pathlib.Path.unlink, "the manifest names this shard, and it is not there"),
        (_cut_off, "record 0: corrupt or cut off"),
        (_flip, "record 0: corrupt or cut off"),
    ],
)
def test_a_broken_item_table_names_its_file(
    sound: pathlib.Path, tmp_path: pathlib.Path, break_it: Callable[[pathlib.Path], None], message: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(sound, folder)
    path = folder / Manifest.load(folder).item_table[0]["path"]
    break_it(path)
    with refused("record", message, DataError, match=rf"^{re.escape(str(path))}[:,] {message}"):
        table_of(Manifest.load(folder), tiny_schema())
    assert validate(folder).problems[0].startswith(str(path))


def test_the_item_table_of_another_data_set_is_refused(sound: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(sound, folder)
    path = folder / Manifest.load(folder).item_table[0]["path"]
    log = tiny_requests()
    log.item["price"][:] = 7.0
    written(tmp_path, tiny_schema(), [log])
    shutil.copy(tmp_path / "item_table" / "day=x" / path.name, path)
    with refused("record", "another", DataError, match=rf"^{re.escape(str(path))}: .*manifest"):
        table_of(Manifest.load(folder), tiny_schema())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f["item/first"].int64_list.value.__setitem__(1, 3), "item/first: a row of the same part"),
        (lambda f: f["item/changed"].int64_list.value.__setitem__(1, 30), "item/changed: every feature of an item's"),
        (lambda f: f["item/price"].float_list.value.pop(), "item/price: one value for each row that needs one, so 4"),
        (lambda f: f.pop("item/id"), "item/id: one value for each row that needs one, so 4; it has 0"),
        (lambda f: f["item/mask"].int64_list.value.pop(), "item/mask: one value for each row"),
        (lambda f: f["item/mask"].int64_list.value.__setitem__(0, 32), "item/mask: one bit for each"),
        (lambda f: f["item/product"].bytes_list.value.__setitem__(0, b"x"), "product 'x' is not one of"),
    ],
)
def test_a_row_that_breaks_the_contract_names_file_and_record(
    sound: pathlib.Path, tmp_path: pathlib.Path, change: Callable, message: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(sound, folder)
    manifest = Manifest.load(folder)
    path = folder / manifest.item_table[0]["path"]
    [record] = read_file(path)
    example = tf.train.Example.FromString(record)
    change(example.features.feature)
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(example.SerializeToString())
    manifest.item_table[0].update(contents_of(path))
    with refused("record", message, DataError, match=rf"^{re.escape(str(path))}, record 0: {re.escape(message)}"):
        table_of(manifest, tiny_schema())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("item/row", 4, "request r0, item/row: below 4, the part's rows, is the rule; it is 4"),
        (
            "item/part",
            5,
            "request r0, item/part: one of the item table's 1 parts, 17226 to 17226, is the rule; it is 5",
        ),
    ],
)
def test_a_row_that_the_table_lacks_is_named(
    sound: pathlib.Path, tmp_path: pathlib.Path, key: str, value: int, message: str
) -> None:
    path = changed_row(sound, tmp_path / "data", key=key, value=value, record=0)
    assert f"{path}, record 0: {message}" in validate(tmp_path / "data", max_errors=0).problems


def test_more_versions_than_readers_count_are_refused_by_writer_and_reader(
    sound: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    rule = "item_table.*: at most 3 versions of items fit into an item table; it has 4: write plain records, without"
    with refused("record", "table", DataError, match=rule):
        table_of(Manifest.load(sound), tiny_schema())
    with refused("record", "part", DataError, match=rule):
        write(tmp_path / "data", compact=True)
