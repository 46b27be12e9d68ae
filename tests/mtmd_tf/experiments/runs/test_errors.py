import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs import errors
from mtmd_tf.experiments.runs.plan import Arm, runs_of
from tests.mtmd_tf.experiments.finished import an_order, leave_run

ORDER = an_order()
WHOLE = ORDER.arm("whole", ORDER.reference)
BY_PRODUCT = ORDER.arm("by product", ORDER.reference, slices=["*/standard", "*/shopping"])
PARTS = ORDER.arm("parts", ORDER.reference, slices=["home/standard", "search/standard"])


def summed(folder, arm: Arm, over: int) -> np.ndarray:
    for run in runs_of([WHOLE, arm]):
        leave_run(run, folder / run.name, error=1.0 + run.train.seed)
    return errors.summed(arm, folder=folder, rows=errors.first_of_all([arm, WHOLE], folder), over=over)


@pytest.mark.parametrize("arm", [WHOLE, BY_PRODUCT, PARTS], ids=lambda arm: arm.name)
def test_every_arm_has_the_same_rows(tmp_path, arm):
    """Two seeds, four requests of one standard pair; errors of 1 and of 2."""
    found = summed(tmp_path, arm, errors.BUCKETS)
    assert found.shape == (2, 4, 2, 1)
    assert found[..., 0].tolist() == [[[1.0, 0.0]] * 4, [[2.0, 0.0]] * 4]


def test_buckets_stay_where_products_are_added_up(tmp_path):
    found = summed(tmp_path, WHOLE, errors.PRODUCTS)
    assert found[0, :, 0].tolist() == [[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]] * 2


def test_slices_that_an_arm_has_no_model_of_are_compared_in_none(tmp_path):
    """Of four requests the two on home are left, for the model of all slices too."""
    at_home = ORDER.arm("at home", ORDER.reference, slices=["home/standard"])
    for run in runs_of([WHOLE, at_home]):
        leave_run(run, tmp_path / run.name, error=1.0 + run.train.seed)
    rows = errors.first_of_all([at_home, WHOLE], tmp_path)
    assert rows.pairs.sum(axis=(1, 2, 3)).tolist() == [1, 1, 0, 0]
    for arm in (WHOLE, at_home):
        found = errors.summed(arm, folder=tmp_path, rows=rows, over=errors.BUCKETS)
        assert found[..., 0, 0].tolist() == [[1, 1, 0, 0], [2, 2, 0, 0]]
        assert errors.divergences(arm, folder=tmp_path, rows=rows)[0].any(axis=(1, 2)).tolist() == [
            True,
            True,
            False,
            False,
        ]


def test_without_a_model_of_all_slices_there_are_no_rows(tmp_path):
    with pytest.raises(ConfigError, match=r"a table needs a model of all slices beside those of one slice\."):
        errors.first_of_all([PARTS], tmp_path)
