import pandas as pd
import pytest

from mtmd_tf.simulation.statistics.prediction import offline_against_online
from tfrecords_tools.requests import DataError

MODELS = pd.DataFrame(
    {
        "LogMAE": [0.1, 0.2, 0.3, 0.4, 0.5],
        "AUC": [0.7, 0.6, 0.8, 0.5, 0.9],
        "same": [1.0] * 5,
        "CPC": [-0.03, -0.02, -0.01, 0.0, 0.02],
    }
)


def test_by_hand():
    """LogMAE has the order of CPC. AUC's ranks 3, 2, 4, 1, 5 differ by 2, 0, 1, 3, 0: 1 - 6 * 14 / (5 * 24) = 0.3."""
    log_mae, auc = offline_against_online(MODELS, offline=["LogMAE", "AUC"], online=["CPC"])
    assert (log_mae.value, log_mae.low, log_mae.high, log_mae.models) == (
        pytest.approx(1.0),
        *[pytest.approx(1.0)] * 2,
        5,
    )
    assert auc.value == pytest.approx(0.3)
    assert auc.low < 0.0 < auc.high <= 1.0 + 1e-9


def test_what_does_not_vary_and_too_few_models_have_no_correlation():
    assert offline_against_online(MODELS, offline=["same"], online=["CPC"]) == []
    assert offline_against_online(MODELS[:3], offline=["LogMAE"], online=["CPC"]) == []


def test_a_missing_column_is_named():
    with pytest.raises(DataError, match="the table of models lacks the column 'KL'; it has LogMAE, AUC, same, CPC"):
        offline_against_online(MODELS, offline=["KL"], online=["CPC"])
