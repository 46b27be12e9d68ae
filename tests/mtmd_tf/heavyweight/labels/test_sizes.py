import numpy as np
import pytest

from mtmd_tf.heavyweight.labels.sizes import SizeSums


def test_labels_are_told_apart_by_powers_of_ten():
    sums = SizeSums(["ctr", "octr"])
    sums.update("ctr", label=np.array([0.5, 1.0, 0.02]), event=np.array([1, 1, 0]))
    sums.update("ctr", label=np.array([0.05, 0.0, 2e-6]), event=np.array([1, 0, 0]))
    rows = {row.low: row for row in sums.rows()}
    assert list(rows) == pytest.approx([1e-6, 1e-2, 1e-1])
    assert [row.pairs for row in rows.values()] == [2, 2, 2]
    assert [row.event for row in rows.values()] == [0, 1, 2]
    assert [row.calibration for row in rows.values()] == [None, pytest.approx(0.07), pytest.approx(0.75)]
    assert {row.task for row in rows.values()} == {"ctr"}
