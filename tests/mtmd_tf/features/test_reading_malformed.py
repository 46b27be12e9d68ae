"""A shard with bytes changed gives the same requests or is refused by its name, to training and to `validate`."""

import pathlib

import numpy as np
import pytest

from mtmd_tf.features.reading import DataSet
from tests.malformed import UserError, tried
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.parsing import decode_requests
from tfrecords_tools.records import read_records
from tfrecords_tools.requests import DataError
from tfrecords_tools.validate import validate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return write_tiny(tmp_path_factory.mktemp("data") / "tiny").folder


def _edits(content: bytes, *, count: int) -> list[bytes]:
    """A bit turned, bytes cut out, doubled or put in, at places all over the file."""
    random = np.random.default_rng(0)
    edited = []
    for number in range(count):
        at, size = int(random.integers(len(content))), int(random.integers(1, 20))
        turned = bytes([content[at] ^ (1 << int(random.integers(8)))])
        middle = (turned + content[at + 1 : at + size], b"", content[at : at + size] * 2, random.bytes(size))
        edited.append(content[:at] + middle[number % 4] + content[at + size :])
    return edited


def _read(folder: pathlib.Path) -> list[bytes]:
    batches = DataSet.open(folder).batches("train", batch_requests=2)
    return [name for batch in batches for name in batch.request_id.numpy()]


def test_an_edited_shard_is_never_used(folder: pathlib.Path) -> None:
    whole, shard = _read(folder), DataSet.open(folder).manifest.shards("train")[0].path
    content = shard.read_bytes()
    for edited in _edits(content, count=60):
        shard.write_bytes(edited)
        read = tried("record", edited, lambda: _read(folder), user_errors=DataError)
        assert read == whole or (isinstance(read, UserError) and str(shard) in read)
        assert validate(folder).problems or edited == content
    shard.write_bytes(content)


def test_a_record_of_sound_checksums_and_other_bytes_is_decoded_or_refused(folder: pathlib.Path) -> None:
    """As another program might have written it."""
    manifest = DataSet.open(folder).manifest
    [record, *_] = read_records(manifest.shards("train")[0])
    found = [
        tried(
            "record",
            edited,
            lambda edited=edited: decode_requests(tiny_schema(), [edited], manifest.columns),
            user_errors=DataError,
        )
        for edited in _edits(record, count=80)
    ]
    assert sum(isinstance(one, UserError) for one in found) > 20
