"""Actions from true probabilities."""

import numpy as np

from mtmd_tf.simulation.outcomes import happened

SIZE = 40_000
TRUTH = {"ctr": 0.3, "gctr": 0.5, "octr": np.nan, "cvr": 0.1, "hide": 0.02, "repin": 0.05}


def test_children_need_their_parent_and_rates_are_the_probabilities():
    truth = {task: np.full(SIZE, own) for task, own in TRUTH.items()}
    found = happened(truth, seed=1, request=np.arange(SIZE), ad=np.zeros(SIZE, dtype=int))
    assert not (found["gctr"] & ~found["ctr"]).any()
    assert not found["octr"].any()
    for task, wanted in {"ctr": 0.3, "gctr": 0.15, "cvr": 0.03, "hide": 0.02}.items():
        assert abs(found[task].mean() - wanted) < 4 * np.sqrt(wanted / SIZE)
