import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtmd_tf.metrics.request_file import RequestFile, load, said_in

SHAPES = {"error": (2, 3), "kl": (2,)}


def rows(ids, first: float = 0.0) -> dict[str, np.ndarray]:
    count = len(ids)
    error = first + np.arange(count * 6, dtype=np.float32).reshape(count, 2, 3)
    return {"request_id": np.array(ids, bytes), "surface": np.arange(count), "error": error, "kl": error[:, :, 0]}


def test_row_groups_come_back_as_one_array_and_the_longest_id_makes_the_width(tmp_path):
    blocks = [rows([b"a", b"bc"]), rows([]), rows([b"defg"], first=7.0)]
    with RequestFile(tmp_path, SHAPES) as file:
        for block in blocks:
            file.append(**block)
        file.save(tmp_path / "requests.parquet", {"tasks": ["ctr"]})
    found = load(tmp_path / "requests.parquet", SHAPES)
    assert (found["request_id"].dtype, found["request_id"].tolist()) == (np.dtype("S4"), [b"a", b"bc", b"defg"])
    assert {name: column.dtype for name, column in found.items() if name != "request_id"} == {
        "surface": np.int32, "error": np.float32, "kl": np.float32
    }  # fmt: skip
    for name in ("surface", "error", "kl"):
        np.testing.assert_array_equal(found[name], np.concatenate([block[name] for block in blocks]))
    assert said_in(tmp_path / "requests.parquet") == {
        "tasks": ["ctr"], "columns": ["request_id", "surface", "error", "kl"]
    }  # fmt: skip


def test_others_can_read_it(tmp_path):
    with RequestFile(tmp_path, SHAPES) as file:
        file.append(**rows([b"a"]))
        file.save(tmp_path / "requests.parquet", {"edges": [float("nan"), 0.1]})
    assert pq.read_table(tmp_path / "requests.parquet").to_pylist() == [
        {"request_id": b"a", "surface": 0, "error": [0, 1, 2, 3, 4, 5], "kl": [0, 3]}
    ]
    assert json.dumps(said_in(tmp_path / "requests.parquet")["edges"]) == "[NaN, 0.1]"


def test_no_row_is_a_file_too(tmp_path):
    with RequestFile(tmp_path, SHAPES) as file:
        file.save(tmp_path / "requests.parquet", {})
    found = load(tmp_path / "requests.parquet", SHAPES)
    assert [column.shape for column in found.values()] == [(0,), (0,), (0, 2, 3), (0, 2)]


def test_columns_are_compressed(tmp_path):
    block = rows([b"x"] * 20_000)
    block["error"], block["kl"] = np.zeros_like(block["error"]), np.zeros_like(block["kl"])
    with RequestFile(tmp_path, SHAPES) as file:
        file.append(**block)
        file.save(tmp_path / "requests.parquet", {})
    assert (tmp_path / "requests.parquet").stat().st_size < 120_000  # of 640,000 bytes


def test_other_rows_are_refused(tmp_path):
    with (
        RequestFile(tmp_path, SHAPES) as file,
        pytest.raises(ValueError, match=r"rows of kl must have the shape \(2,\)"),
    ):
        file.append(**rows([b"a"]) | {"kl": np.zeros((1, 3))})


def test_what_fails_leaves_the_file_of_before_and_nothing_else(tmp_path):
    (tmp_path / "requests.parquet").write_text("before")
    with RequestFile(tmp_path, SHAPES) as file:
        file.append(**rows([b"a"]))
        with pytest.raises(TypeError, match="not JSON serializable"):
            file.save(tmp_path / "requests.parquet", {"tasks": object()})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("requests.parquet", "before")]
