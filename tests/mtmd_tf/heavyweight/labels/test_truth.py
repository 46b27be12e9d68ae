import pathlib

import numpy as np
import pandas as pd
import pytest

from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels.truth import Truth
from tests.tfrecords_tools.test_shards import write_tiny
from tfrecords_tools.requests import DataError

REQUEST = [b"r0", b"r0", b"r1", b"r2", b"r2", b"r2", b"r3", b"r3"]
ITEM = [b"a", b"b", b"c", b"a", b"b", b"d", b"c", b"d"]
CTR = np.arange(8) / 10


def write_truth(folder: pathlib.Path, *, rows: slice = slice(None), item: list[bytes] = ITEM) -> None:
    frame = pd.DataFrame({"request_id": REQUEST, "item_id": item, "ctr": CTR})[rows]
    (folder / "truth").mkdir()
    frame.to_parquet(folder / "truth" / "pairs.parquet", index=False)


@pytest.fixture
def batch(tmp_path):
    write_tiny(tmp_path)
    return next(DataSet.open(tmp_path).batches("train", batch_requests=10, days=["2017-03-02"]))


def test_each_pair_finds_its_own_truth(batch, tmp_path):
    write_truth(tmp_path)
    truth = Truth.beside(tmp_path).of(batch)
    assert list(truth) == ["ctr"]
    assert truth["ctr"] == pytest.approx([0.3, 0.4, 0.5])


def test_data_without_truth_has_none(tmp_path):
    assert Truth.beside(tmp_path) is None


def test_a_request_that_the_truth_lacks_is_named(batch, tmp_path):
    write_truth(tmp_path, rows=slice(3))
    with pytest.raises(DataError, match=r"pairs.parquet: no truth of request r2$"):
        Truth.beside(tmp_path).of(batch)


def test_other_candidates_are_refused(batch, tmp_path):
    write_truth(tmp_path, item=[*ITEM[:4], b"c", *ITEM[5:]])
    with pytest.raises(DataError, match="request r2 has other candidates than the data set"):
        Truth.beside(tmp_path).of(batch)


@pytest.mark.parametrize("content", [b"", b"not Parquet", None])
def test_a_damaged_truth_is_named_in_one_line(tmp_path: pathlib.Path, content: bytes | None) -> None:
    write_truth(tmp_path)
    path = tmp_path / "truth" / "pairs.parquet"
    if content is None:
        pd.DataFrame({"item_id": ITEM}).to_parquet(path, index=False)
    else:
        path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"^\S+pairs.parquet holds no true probabilities \([^\n]*\); build the data again$"
    ):
        Truth.beside(tmp_path)
