import pathlib

import pytest

from mtmd_tf.evaluation.run_evaluation import default_folder

RUN = pathlib.Path("runs/hf")


@pytest.mark.parametrize(
    ("own", "split", "most", "place"),
    [
        (True, "eval", 0, "runs/hf"),
        (True, "eval", 500, "runs/hf/logs-eval-500-requests"),
        (True, "train", 0, "runs/hf/logs-train"),
        (False, "eval", 0, "runs/hf/logs-eval"),
    ],
)
def test_only_the_whole_of_what_training_measures_too_replaces_the_runs_own_report(own, split, most, place):
    assert default_folder(RUN, data="logs", own=own, split=split, most=most) == pathlib.Path(place)
