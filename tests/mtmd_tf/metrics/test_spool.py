import io
import zipfile

import numpy as np
import pytest

from mtmd_tf.metrics.spool import Spool, save_npz


def test_blocks_come_back_as_one_array(tmp_path):
    spool = Spool(tmp_path, np.zeros((0, 2), np.float32))
    spool.append(np.array([[1, 2], [3, 4]], np.float32))
    spool.append(np.array([[5], [6]], np.float32).T)  # columns first, as its memory goes
    file = io.BytesIO()
    spool.copy_to(file)
    spool.close()
    found = np.load(io.BytesIO(file.getvalue()))
    assert (found.dtype, found.tolist()) == (np.float32, [[1, 2], [3, 4], [5, 6]])


def test_the_longest_text_makes_the_width(tmp_path):
    ids = Spool(tmp_path, np.zeros(0, "S1"))
    for block in ([b"a", b"bc"], [b"defg"], [b"h"]):
        ids.append(np.array(block))
    save_npz(tmp_path / "ids.npz", {"ids": ids})
    ids.close()
    with np.load(tmp_path / "ids.npz") as file:
        assert (file["ids"].dtype, file["ids"].tolist()) == (np.dtype("S4"), [b"a", b"bc", b"defg", b"h"])


def test_more_can_come_after_it_was_written(tmp_path):
    spool = Spool(tmp_path, np.array([1]))
    for wanted in ([1], [1, 2]):
        save_npz(tmp_path / "n.npz", {"n": spool, "whole": np.array(["x"])})
        with np.load(tmp_path / "n.npz") as file:
            assert (file["n"].tolist(), file["whole"].tolist()) == (wanted, ["x"])
        spool.append(np.array([2]))
    spool.close()


def test_columns_are_compressed(tmp_path):
    save_npz(tmp_path / "zeros.npz", {"zeros": np.zeros(100_000)})
    assert (tmp_path / "zeros.npz").stat().st_size < 10_000
    assert zipfile.ZipFile(tmp_path / "zeros.npz").namelist() == ["zeros.npy"]


def test_other_rows_are_refused(tmp_path):
    spool = Spool(tmp_path, np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"rows of a column must all have the shape \(2,\); got \(3,\)"):
        spool.append(np.zeros((1, 3)))
    spool.close()


def test_a_column_that_fails_leaves_the_file_of_before(tmp_path):
    save_npz(tmp_path / "n.npz", {"n": np.array([1])})
    with pytest.raises(ValueError, match=r"Object arrays cannot be saved when allow_pickle=False"):
        save_npz(tmp_path / "n.npz", {"n": np.array([object()])})
    with np.load(tmp_path / "n.npz") as file:
        assert file["n"].tolist() == [1]
